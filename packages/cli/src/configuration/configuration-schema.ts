import { isLingpaiError } from '@lingpai/core'
import { z } from 'zod'
import { knownProviders, providerNames, providerWith, type ProviderName } from '../known-providers.js'
import { isBaseUrl } from './base-url.js'
import { renewedBefore } from './renewal-for.js'
import { serverSchema } from './server-schema.js'

/** A configuration file that passed {@link configurationSchema}. */
export interface ConfigurationFile {
  readonly cache?: string
  readonly encryption?: EncryptionEntry
  readonly timeoutMs?: number
  readonly language?: 'en' | 'zh'
  readonly allowWorldReadable?: boolean
  readonly server?: ServerEntry
  readonly accounts: Readonly<Record<string, AccountEntry>>
}

/** `server:`, for `lingpai serve`. */
export interface ServerEntry {
  readonly host?: string
  readonly port?: number
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly keysFile?: string
  readonly sessionKeyFile?: string
  readonly allowPlainHttp?: boolean
  readonly trustProxy?: boolean | string | readonly string[]
  readonly rateLimit?: number
  readonly metrics?: boolean | 'public'
  readonly forward?: boolean | ForwardEntry
  readonly page?: boolean
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
}

/** `server.forward`. */
export interface ForwardEntry {
  readonly largestReplayBytes?: number
  readonly timeoutSeconds?: number
  readonly uploadSeconds?: number
}

/** `encryption:`, with one of the first two members. */
export interface EncryptionEntry {
  readonly keysEnv?: string
  readonly keysFile?: string
  readonly readPlain?: boolean
}

/** An entry of `accounts`; the public credentials are in the same object. */
export interface AccountEntry extends Readonly<Record<string, unknown>> {
  readonly provider: ProviderName
  readonly secretEnv?: string
  readonly secretFile?: string
  readonly baseUrl?: string
  readonly apiBaseUrl?: string
  readonly minLifeSeconds?: number
}

/** Names of environment variables. Only capitals, so that a secret that was pasted here is rejected. */
const envName = /^[A-Z_][A-Z0-9_]*$/
/** No whitespace, and not the placeholder `<AppID>` of a new file. */
const idPattern = /^[^\s<>]+$/
const accountName = /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u

const baseUrl = z
  .string({ error: 'must be a URL' })
  .refine(isBaseUrl, { error: 'must be an http(s) URL without user, query or #' })
  .meta({ format: 'uri' })

const idWords: z.core.$ZodErrorMap = ({ input }) => {
  if (input === undefined) return 'is missing'
  return typeof input === 'string' && /[<>]/.test(input)
    ? 'still has the placeholder: replace it by the id of your account'
    : "must be the id as shown in the platform's console"
}
// A number is an id, too: read-configuration-file.ts takes its digits as written.
const id = z.union(
  [
    z.string({ error: idWords }).regex(idPattern, { error: idWords }),
    z.int({ error: idWords }).min(0, { error: idWords }),
  ],
  {
    error: idWords,
  },
)

/** Less than half of a token's usual lifetime, so that it is not refreshed all the time. */
const longestMinLifeSeconds = 3400
const minLifeWords = `must be whole seconds from 1 to ${longestMinLifeSeconds}`

function accountSchema(name: ProviderName) {
  const { provider, settings, title } = knownProviders[name]
  const isRenewable = renewedBefore(provider, 1) !== undefined
  const ids = Object.fromEntries(provider.spec.account.map((field) => [field, id]))
  const others = Object.entries(settings?.fields ?? {}).map(([field, { purpose }]) => [
    field,
    z.string().min(1, { error: 'must not be empty' }).optional().describe(purpose.en),
  ])
  return z
    .strictObject({
      provider: z.literal(name).describe(title),
      ...ids,
      ...(Object.fromEntries(others) as Record<string, z.ZodOptional<z.ZodString>>),
      secretEnv: z
        .string()
        .regex(envName, { error: 'must be the name of an environment variable, in capitals: MY_BOT_SECRET' })
        .optional()
        .describe('Environment variable with the secret; <NAME>_FILE may name a file instead.'),
      secretFile: z
        .string()
        .min(1, { error: 'must not be empty' })
        .optional()
        .describe('File that contains only the secret. Relative to the configuration file.'),
      baseUrl: baseUrl.optional().describe('Another host for the token endpoint and the API.'),
      apiBaseUrl: baseUrl.optional().describe('Another host for the API only.'),
      minLifeSeconds: z
        .int({ error: minLifeWords })
        .min(1, { error: minLifeWords })
        .max(longestMinLifeSeconds, { error: minLifeWords })
        .optional()
        .describe('For clients that drop a token early: tokens are renewed before less than this is left.'),
    })
    .refine((entry) => (entry as AccountEntry).minLifeSeconds === undefined || isRenewable, {
      path: ['minLifeSeconds'],
      error:
        'is not possible: this platform repeats its token until shortly before it expires; for WeChat use provider: wechat-mp-plain',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .superRefine((entry, context) => {
      const problem = problemOfSettings(name, entry as AccountEntry)
      if (problem !== undefined) context.addIssue({ code: 'custom', ...problem })
    })
    .refine((entry) => (entry.secretEnv === undefined) !== (entry.secretFile === undefined), {
      error: ({ input }) =>
        (input as AccountEntry).secretEnv === undefined
          ? 'must have secretEnv: NAME or secretFile: path'
          : 'must not have both secretEnv and secretFile',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .meta({ title, oneOf: [{ required: ['secretEnv'] }, { required: ['secretFile'] }] })
}

/** The settings are checked by the provider that they make, so that a file and a program get the same words. */
function problemOfSettings(name: ProviderName, entry: AccountEntry): { path: string[]; message: string } | undefined {
  try {
    providerWith(name, (setting) => entry[setting])
    return undefined
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    const { message, details } = error
    const { field = 'provider' } = details
    // The path names the provider and the field already.
    return { path: [field], message: message.split(`"${field}" `).at(-1) ?? message }
  }
}

const [first, ...others] = providerNames.map(accountSchema)

const encryptionSchema = z
  .strictObject({
    keysEnv: z
      .string()
      .regex(envName, { error: 'must be the name of an environment variable, in capitals: LINGPAI_CACHE_KEYS' })
      .optional()
      .describe('Environment variable with the keys; <NAME>_FILE may name a file instead.'),
    keysFile: z
      .string()
      .min(1, { error: 'must not be empty' })
      .optional()
      .describe('File with the keys as printed by lingpai keygen. Relative to the configuration file.'),
    readPlain: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('Also reads unencrypted records, for a migration. Default: false.'),
  })
  .refine((entry) => (entry.keysEnv === undefined) !== (entry.keysFile === undefined), {
    error: ({ input }) =>
      (input as EncryptionEntry).keysEnv === undefined
        ? 'must have keysEnv: NAME or keysFile: path'
        : 'must not have both keysEnv and keysFile',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ oneOf: [{ required: ['keysEnv'] }, { required: ['keysFile'] }] })

/** `lingpai.yaml`: the validator, and the source of the published JSON Schema. */
export const configurationSchema = z
  .strictObject({
    cache: z
      .string()
      .min(1, { error: 'must not be empty' })
      .optional()
      .describe(
        'memory:, file:<directory>, sqlite:<file>, redis://<host>:<port>/<database>, rediss:, redis+cluster: or redis+sentinel:, without a password. The environment variable LINGPAI_CACHE overrides it.',
      ),
    encryption: encryptionSchema
      .optional()
      .describe('Encrypts the cache. The environment variable LINGPAI_CACHE_KEYS overrides the keys.'),
    timeoutMs: z
      .int({ error: 'must be a whole number of milliseconds' })
      .min(100, { error: 'must be at least 100 milliseconds' })
      .max(600_000, { error: 'must be at most 600000 milliseconds' })
      .optional()
      .describe('Timeout of one refresh, retries included, in milliseconds. Default: 10000.'),
    language: z
      .enum(['en', 'zh'], { error: 'must be en or zh' })
      .optional()
      .describe('Language of the hints. Default: en.'),
    allowWorldReadable: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('Accepts secret files that every user of this host can read, with a warning. Default: false.'),
    server: serverSchema.optional().describe('The token server: lingpai serve.'),
    accounts: z
      .record(
        z.string().regex(accountName, { error: 'must be a name of letters, digits, dots, hyphens and underscores' }),
        z.discriminatedUnion('provider', [first as NonNullable<typeof first>, ...others]),
        { error: 'must have at least one account' },
      )
      .refine((accounts) => Object.keys(accounts).length > 0, { error: 'must have at least one account' })
      .meta({ minProperties: 1, description: 'The accounts, by names of your choice.' }),
  })
  .meta({ title: 'lingpai.yaml', description: 'Configuration of the command lingpai.' })

/** Returns the JSON Schema of `lingpai.yaml`, for editors. */
export function configurationJsonSchema(): object {
  return z.toJSONSchema(configurationSchema, { io: 'input', target: 'draft-7' })
}

/** Returns the known fields of an account of this provider. */
export function accountKeys(name: ProviderName): readonly string[] {
  const { provider, settings } = knownProviders[name]
  const own = [...provider.spec.account, ...Object.keys(settings?.fields ?? {})]
  return ['provider', ...own, 'secretEnv', 'secretFile', 'baseUrl', 'apiBaseUrl', 'minLifeSeconds']
}

/** The known fields at the top level. */
export const topKeys: readonly string[] = Object.keys(configurationSchema.shape)
