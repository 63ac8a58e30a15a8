import { ConfigError } from '@lingpai/core'
import type { ClientKey, ClientRole } from '@lingpai/server'
import { openCache } from '../caches.js'
import type { CommandContext, CommandDefinition } from '../command.js'
import type { Configuration } from '../configuration/configuration.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes, type ExitCode } from '../exit-code.js'
import { momentText, tableLines } from '../words.js'

/** `lingpai key create|list|revoke` */
export const keyCommand: CommandDefinition = {
  syntax: 'key <action> [id]',
  summary: 'create, list or revoke client keys of the token server',
  args: { action: 'create, list, or revoke', id: 'id of the key to revoke, as shown by list' },
  options: [
    [
      '--role <role>',
      'create: reader (tokens, status), reporter (also reports rejected tokens) or admin (also forces refreshes)',
    ],
    ['--accounts <names>', "create: accounts of the key, separated by commas, or '*' for all"],
    ['--name <name>', 'create: name in logs and on the status page (default: the role)'],
    ['--rate-limit <number>', 'create: requests per second (default: server.rateLimit)'],
    [
      '--paths <paths>',
      'create: paths of the platform that the key may call through server.forward, separated by commas; it then receives no real token (default: all)',
    ],
  ],
  usesConfiguration: true,
  examples: [
    ['lingpai key create --role reader --accounts shop,bot --name till', 'prints the key and stores its hash'],
    ['lingpai key list', 'ids, names, roles, accounts'],
    ['lingpai key revoke 3f9x0a7c2d', 'takes effect on running servers within a second'],
  ],
  jsonShape:
    'create: {key, id, name, role, accounts, keysFile}; list: {keys: [{id, name, role, accounts, createdAt, revokedAt?, rateLimit?, paths?, lastUsedAt?}], keysFile}; revoke: {id, name, keysFile}',
  run: async (context) => {
    const [action = '', id] = context.args
    const configuration = await loadConfiguration(context.io, context.options)
    if (action === 'create' && id === undefined) return create(context, configuration)
    if (action === 'list' && id === undefined) return list(context, configuration)
    if (action === 'revoke') return revoke(context, configuration, id)
    throw usage('action', `key ${action}: the action must be create, list or revoke <id>`)
  },
}

async function create({ io, output, options }: CommandContext, configuration: Configuration): Promise<ExitCode> {
  const { changeKeysFile, clientRoles, createClientKey } = await import('@lingpai/server')
  const role = clientRoles.find((known) => known === options['role'])
  if (role === undefined) throw usage('role', `--role must be one of ${clientRoles.join(', ')}`)
  const accounts = accountsOf(options['accounts'], configuration)
  const rateLimit = rateLimitOf(options['rateLimit'])
  const name = nameOf(options['name'], role)
  const paths = pathsOf(options['paths'])
  const { text, key } = createClientKey(
    { name, role, accounts, ...(rateLimit && { rateLimit }), ...(paths && { paths }) },
    io.clock.now(),
  )
  const { keysFile } = configuration.server
  await changeKeysFile(keysFile, (keys) => [...keys, key])
  if (options.json) {
    output.json({ key: text, id: key.id, name, role, accounts, keysFile })
    return exitCodes.ok
  }
  output.reveal(text)
  output.note(`This is the key ${key.id} (${name}): ${role}, ${accountsText(accounts)}. It will not be shown again:`)
  output.note(`${keysFile} contains its hash. Running servers accept it within a second.`)
  return exitCodes.ok
}

async function list(context: CommandContext, configuration: Configuration): Promise<ExitCode> {
  const { output, options } = context
  const { readKeysFile } = await import('@lingpai/server')
  const { keysFile } = configuration.server
  const stored = await readKeysFile(keysFile)
  const lastUses = await readLastUses(stored, context, configuration)
  const keys = stored.map(({ hash: _, ...shown }) => {
    const lastUsedAt = lastUses.get(shown.id)
    return { ...shown, ...(lastUsedAt !== undefined && { lastUsedAt }) }
  })
  if (options.json) {
    output.json({ keys, keysFile })
    return exitCodes.ok
  }
  if (keys.length === 0) output.line(`no keys in ${keysFile}`)
  for (const line of tableLines(keys.map(rowOf))) output.line(line)
  return exitCodes.ok
}

/** Reads the last use of each key; unknown ones are omitted. */
async function readLastUses(
  keys: readonly ClientKey[],
  { io, output }: CommandContext,
  { cache: place }: Configuration,
): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>()
  if (keys.length === 0) return uses
  const { readLastUse } = await import('@lingpai/server')
  const cache = await openCache(place, { io, output })
  try {
    await Promise.all(
      keys.map(async ({ id }) => {
        const atMs = await readLastUse(cache, id).catch(() => undefined)
        if (atMs !== undefined) uses.set(id, atMs)
      }),
    )
  } finally {
    await cache.close?.()
  }
  return uses
}

/** A key in the list. */
interface ListedKey extends Omit<ClientKey, 'hash'> {
  readonly lastUsedAt?: number
}

function rowOf({ id, name, role, accounts, createdAt, revokedAt, lastUsedAt }: ListedKey): readonly string[] {
  const state = revokedAt === undefined ? `since ${momentText(createdAt)}` : `revoked ${momentText(revokedAt)}`
  const use = lastUsedAt === undefined ? 'no known use' : `used ${momentText(lastUsedAt)}`
  return [id, name, role, accountsText(accounts), state, use]
}

async function revoke(
  { io, output, options }: CommandContext,
  configuration: Configuration,
  id: string | undefined,
): Promise<ExitCode> {
  const { changeKeysFile } = await import('@lingpai/server')
  const { keysFile } = configuration.server
  if (id === undefined) throw usage('id', 'key revoke: the id is missing; lingpai key list shows the ids')
  let revoked: ClientKey | undefined
  await changeKeysFile(keysFile, (keys) => {
    revoked = keys.find((key) => key.id === id)
    // Not quoted, because it may be a whole key that was pasted by mistake.
    if (revoked === undefined) throw usage('id', `unknown id in ${keysFile}; lingpai key list shows the ids`)
    return keys.map((key) => (key.id === id ? { ...key, revokedAt: key.revokedAt ?? io.clock.now() } : key))
  })
  const name = revoked?.name ?? ''
  if (options.json) output.json({ id, name, keysFile })
  else output.line(`${id} (${name}) is revoked; running servers reject it within a second`)
  return exitCodes.ok
}

function accountsOf(given: unknown, { accounts }: Configuration): ClientKey['accounts'] {
  const names = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : []
  if (names.length === 1 && names[0] === '*') return '*'
  const known = accounts.map(({ name }) => name)
  if (names.length === 0 || names.includes('')) throw usage('accounts', "--accounts must be names, or '*' for all")
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return [...new Set(names)]
  throw usage('accounts', `--accounts: unknown account ${unknown}; the accounts are: ${known.join(', ')}`)
}

function nameOf(given: unknown, role: ClientRole): string {
  const name = typeof given === 'string' ? given.trim() : role
  if (name.length > 0 && name.length <= 64 && !/\p{C}/u.test(name)) return name
  throw usage('name', '--name must be 1 to 64 printable characters')
}

function rateLimitOf(given: unknown): number | undefined {
  if (given === undefined) return undefined
  const limit = Number(given)
  if (limit > 0 && limit <= 1e6) return limit
  throw usage('rateLimit', '--rate-limit must be a positive number of requests per second')
}

function pathsOf(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined
  const paths = typeof given === 'string' ? given.split(',').map((path) => path.trim()) : []
  if (paths.length > 0 && paths.every((path) => /^\/[^\s?#*%\\]*$/.test(path) && !/\/\/|\/\.\.?(\/|$)/.test(path)))
    return paths
  throw usage(
    'paths',
    '--paths must be paths that start with /, such as /cgi-bin/message; each includes all paths below it',
  )
}

function accountsText(accounts: ClientKey['accounts']): string {
  return accounts === '*' ? 'all accounts' : accounts.join(', ')
}

function usage(field: string, message: string): ConfigError {
  return new ConfigError(message, { field, problem: 'malformed' }, { hint: 'lingpai key --help' })
}
