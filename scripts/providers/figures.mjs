import { credentialFields, failurePolicy, volatileFields } from '@lingpai/core/internal'
import { words } from './words.mjs'

/** The tables of all providers of a page; if there are several, each gets a heading. */
export function renderFigures(providers, language) {
  const say = words[language]
  const entries = Object.entries(providers)
  const depth = entries.length > 1 ? '###' : '##'
  const sections = entries.flatMap(([name, { spec }]) => [
    ...(entries.length > 1 ? [`## ${say.facts('`' + name + '`')}`] : []),
    `${depth} ${say.endpoints}`,
    endpointTable(spec, say),
    `${depth} ${say.renewal}`,
    say.modes[spec.renewal.mode],
    renewalTable(spec.renewal, say),
  ])
  const [first] = entries.map(([, provider]) => provider)
  if (first === undefined) return ''
  return [
    ...sections,
    `## ${say.environment}`,
    environmentTable(entries, say),
    `## ${say.tokenErrors}`,
    say.tokenErrorsLead,
    errorTable(first.spec, 'token', language),
    `## ${say.apiErrors}`,
    say.apiErrorsLead,
    errorTable(first.spec, 'api', language),
  ].join('\n\n')
}

function endpointTable(spec, say) {
  const standIns = Object.fromEntries(credentialFields(spec).map((field) => [field, `<${field}>`]))
  const { method, url, query, json, form } = spec.request(standIns)
  const fields = Object.keys(query ?? form ?? json ?? {})
  const sentAs = json ? 'JSON' : form ? say.form : say.query
  const isCarried = spec.placement.in !== 'nowhere'
  const sent = fields.length > 0 ? `${sentAs}${say.colon}${fields.map(code).join(say.comma)}` : '–'
  return table(
    [say.what, say.value],
    [
      [say.tokenEndpoint, code(`${method} ${spec.baseUrl ?? ''}${decodeURI(url)}`)],
      [say.fieldsSent, sent],
      ...(spec.parent ? [[say.parent, say.parentOf(code(spec.parent.kind), parentPlaceOf(spec, say))]] : []),
      ...(isCarried ? [[say.apiBase, list([spec.apiBaseUrl ?? spec.baseUrl].filter(Boolean), say)]] : []),
      ...(isCarried ? [[say.otherOrigins, list(spec.apiOrigins, say)]] : []),
      [say.fallback, list(spec.fallbackBaseUrls, say)],
      [say.placement, placeOf(spec, say)],
      ...(isCarried ? [[say.probe, spec.probe ? code(`${spec.probe.method} ${spec.probe.url}`) : '–']] : []),
      [say.source, `<${spec.source.url}>${say.readOn(spec.source.readOn)}`],
    ],
  )
}

function placeOf({ placement, placementAt = {} }, say) {
  const others = Object.entries(placementAt).filter(([, other]) => other.name !== placement.name)
  return [placeIn(placement, say), ...others.map(([base, other]) => say.placeAt(code(base), placeIn(other, say)))].join(
    '',
  )
}

function placeIn(placement, say) {
  if (placement.in === 'nowhere') return say.nowhere
  if (placement.in === 'query') return `${say.query} \`${placement.name}\``
  return `\`${placement.name}: ${placement.scheme ? `${placement.scheme} ` : ''}<token>\``
}

function parentPlaceOf({ parent, parentPlacement: placement = parent.spec.placement }, say) {
  return placement.in === 'json' ? `JSON: ${code(placement.name)}` : placeOf({ placement }, say)
}

function renewalTable(renewal, say) {
  const seconds = (value) => (Number.isFinite(value) ? say.seconds(value) : say.toSoftPoint)
  return table(
    [say.what, say.value],
    [
      [say.mode, code(renewal.mode)],
      [say.windowSeconds, windowOf(renewal, say)],
      [say.overlapSeconds, isWindowUnknown(renewal) ? say.unknown : seconds(renewal.overlapSeconds)],
      [say.attemptsAtSeconds, say.seconds(renewal.attemptsAtSeconds.join(say.comma))],
      [say.jitterSeconds, seconds(renewal.jitterSeconds)],
      [say.marginSeconds, seconds(renewal.marginSeconds)],
      [say.memorySeconds, seconds(renewal.memorySeconds)],
      [say.minIntervalSeconds, seconds(renewal.minIntervalSeconds)],
      [say.maxLifeSeconds, say.span(renewal.maxLifeSeconds)],
      ...(Number.isFinite(renewal.trustSeconds) ? [[say.trustSeconds, say.span(renewal.trustSeconds)]] : []),
    ],
  )
}

function windowOf(renewal, say) {
  if (isWindowUnknown(renewal)) return say.unknown
  return renewal.mode === 'sticky' ? say.seconds(renewal.windowSeconds) : say.anyTime
}

function isWindowUnknown({ mode, windowSeconds }) {
  return mode === 'sticky' && windowSeconds === 0
}

/** The credentials of all kinds, each once. */
function environmentTable(providers, say) {
  const rows = providers.flatMap(([, { spec }]) => {
    const { account, secrets, env = {} } = spec
    const row = (field, isSecret) => [code(field), isSecret ? say.yes : say.no, list(env[field], say)]
    return [
      ...account.map((field) => row(field, false)),
      ...[...secrets, ...volatileFields(spec)].map((field) => row(field, true)),
    ]
  })
  const isFirst = ([field], index) => rows.findIndex(([other]) => other === field) === index
  return table([say.credential, say.secret, say.variables], rows.filter(isFirst))
}

function errorTable(spec, endpoint, language) {
  const say = words[language]
  const rows = Object.entries(spec.errors[endpoint]).flatMap(([errorClass, codes]) =>
    codes.map((platformCode) => [
      code(platformCode),
      noteOf(spec, platformCode, language),
      `${code(errorClass)} ${say.classes[errorClass]}`,
      endpoint === 'token' ? tokenAction(spec, errorClass, platformCode, say) : apiAction(errorClass, say),
      hintOf(spec, errorClass, platformCode, language),
    ]),
  )
  return table([say.code, say.meaning, say.class, say.action, say.remedy], rows)
}

function noteOf(spec, platformCode, language) {
  const note = spec.perCode?.[platformCode]?.note
  if (note === undefined) throw new Error(`${spec.id}: code ${platformCode} has no note`)
  return inLanguage(note, language)
}

function hintOf(spec, errorClass, platformCode, language) {
  const hint = spec.hints?.[platformCode] ?? spec.hints?.[errorClass] ?? ''
  const text = inLanguage(hint, language)
  const address = words[language].address
  const filled = language === 'zh' ? text.replaceAll(/ ?\{ip\} ?/g, address) : text.replaceAll('{ip}', address)
  // `<token>` would be taken for HTML.
  return filled.replaceAll('<', '\\<')
}

/** A text that is the same in both languages may be a string. */
function inLanguage(text, language) {
  return typeof text === 'string' ? text : text[language]
}

function tokenAction(spec, errorClass, platformCode, say) {
  const { attempts, firstCoolDownMs, longestCoolDownMs } = failurePolicy[errorClass]
  const single = spec.perCode?.[platformCode]
  const first = single?.coolDownSeconds ?? firstCoolDownMs / 1000
  return say.tokenAction(single?.attempts ?? attempts, first, Math.max(first, longestCoolDownMs / 1000))
}

function apiAction(errorClass, say) {
  return errorClass === 'token-expired' || errorClass === 'token-invalid' ? say.replaces : say.returns
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function list(values = [], { comma }) {
  return values.length > 0 ? values.map(code).join(comma) : '–'
}

function code(text) {
  return `\`${text}\``
}
