import { ConfigError } from '@lingpai/core'
import { headerValue } from '@lingpai/core/internal'
import type { CommandDefinition, CommandOptions } from '../command.js'
import type { ConfiguredAccount } from '../configuration/configuration.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes } from '../exit-code.js'
import { exposures } from '../exposures.js'
import { accountArgument, accountNamed, openAccounts, secretOf } from '../open-accounts.js'
import { idVariables, tokenVariables } from '../token-variables.js'
import { maskedToken, momentText, relativeText } from '../words.js'

/** `lingpai token <account>` */
export const tokenCommand: CommandDefinition = {
  syntax: 'token <account>',
  summary: 'get a usable token, from the cache or from the platform',
  args: { account: accountArgument },
  options: [
    ['--reveal', 'print only the token itself'],
    ['--format <format>', 'print the token as value, header, env (NAME=value, for a shell) or json'],
  ],
  usesConfiguration: true,
  examples: [
    ['lingpai token qq-bot', 'shows generation and expiry, not the token'],
    ['TOKEN=$(lingpai token qq-bot --reveal)', 'the token itself, for a script'],
    ['curl -H @<(lingpai token qq-bot --format header) …', 'the header that carries it'],
  ],
  jsonShape: '{account, generation, issuedAtMs, expiresAtMs, expiresInSeconds, length}; with --reveal also token',
  run: async ({ io, output, args: [name = ''], options }) => {
    const format = formatOf(options)
    const configuration = await loadConfiguration(io, options)
    const account = accountNamed(configuration, name)
    const secret = await secretOf(account, io)
    for (const problem of exposures(account, secret)) output.warn(problem)
    const accounts = await openAccounts(configuration, { io, output })
    try {
      const source = accounts.source(account, secret)
      const record = await source.getRecord()
      const { value, generation, issuedAtMs, expiresAtMs } = record
      const isRevealed = format !== undefined
      if (!isRevealed) output.hide(value)
      const nowMs = io.clock.now()
      if (options.json || format === 'json') {
        const expiresInSeconds = Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000))
        const facts = { account: name, generation, issuedAtMs, expiresAtMs, expiresInSeconds, length: value.length }
        output.json(isRevealed ? { ...facts, token: value } : facts)
      } else if (format === 'header') {
        output.reveal(headerLine(account, value))
      } else if (format === 'env') {
        for (const variable of tokenVariables(account)) output.reveal(`${variable}=${quoted(value)}`)
        for (const [variable, id] of Object.entries(idVariables(account))) output.line(`${variable}=${quoted(id)}`)
      } else if (isRevealed) {
        output.reveal(value)
      } else {
        output.line(`${output.style.bold(name)}  ${source.toString()}`)
        output.line(`  token       ${maskedToken(record)}`)
        output.line(`  generation  ${generation}`)
        output.line(`  expires     ${momentText(expiresAtMs)} (${relativeText(expiresAtMs, nowMs)})`)
      }
      return exitCodes.ok
    } finally {
      await accounts.close()
    }
  },
}

const formats = ['value', 'header', 'env', 'json'] as const

/** How the token is printed; `undefined`: not at all. @throws ConfigError for another format */
function formatOf(options: CommandOptions): (typeof formats)[number] | undefined {
  const { format } = options
  if (format === undefined) return options['reveal'] === true ? 'value' : undefined
  const known = formats.find((one) => one === format)
  if (known !== undefined) return known
  throw new ConfigError(`token: --format must be one of ${formats.join(', ')}`, {
    field: '--format',
    problem: 'unknown',
  })
}

/** A text as a shell reads it. */
function quoted(text: string): string {
  return /^[\w./+=:@,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The header of an API call, `name: value`. @throws ConfigError if the platform takes its token in the URL */
function headerLine({ provider }: ConfiguredAccount, token: string): string {
  const { placement, id } = provider.spec
  if (placement.in === 'header') return `${placement.name}: ${headerValue(placement, token)}`
  throw new ConfigError(
    `token: ${id} takes its token in the URL, not in a header`,
    { field: '--format', problem: 'conflict' },
    { hint: 'Use --format value, and put it into the query.' },
  )
}
