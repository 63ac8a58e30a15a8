import { z } from 'zod'
import { knownProviders, providerNames, type ProviderName } from '../known-providers.js'
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
  readonly page?: boolean
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
}

/** `encryption:`, one of the first two. */
export interface EncryptionEntry {
  readonly keysEnv?: string
  readonly keysFile?: string
  readonly readPlain?: boolean
}

/** One entry below `accounts`; the public credentials stand beside these members. */
export interface AccountEntry extends Readonly<Record<string, unknown>> {
  readonly provider: ProviderName
  readonly secretEnv?: string
  readonly secretFile?: string
  readonly baseUrl?: string
  readonly apiBaseUrl?: string
  readonly minLifeSeconds?: number
}

/** Names of environment variables. Capitals only: a secret that was pasted here by mistake is no such name. */
const envName = /^[A-Z_][A-Z0-9_]*$/
/** No white space, and not the `<AppID>` of a fresh file. */
const idPattern = /^[^\s<>]+$/
const accountName = /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u

const baseUrl = z
  .string({ error: 'is to be a URL' })
  .refine(isBaseUrl, { error: 'is to be an http(s) URL without user, query or #' })
  .meta({ format: 'uri' })

const idWords: z.core.$ZodErrorMap = ({ input }) => {
  if (input === undefined) return 'is missing'
  return typeof input === 'string' && /[<>]/.test(input)
    ? 'still holds the placeholder: put the one of your account'
    : "is to be the id as the platform's console shows it"
}
// A number is the id as well: the file's own digits are taken, see read-configuration-file.ts.
const id = z.union(
  [
    z.string({ error: idWords }).regex(idPattern, { error: idWords }),
    z.int({ error: idWords }).min(0, { error: idWords }),
  ],
  {
    error: idWords,
  },
)

/** Half of a token's life is served in peace. */
const longestMinLifeSeconds = 3400
const minLifeWords = `is to be whole seconds, 1 to ${longestMinLifeSeconds}`

function accountSchema(name: ProviderName) {
  const { provider, title } = knownProviders[name]
  const isRenewable = renewedBefore(provider, 1) !== undefined
  const ids = Object.fromEntries(provider.spec.account.map((field) => [field, id]))
  return z
    .strictObject({
      provider: z.literal(name).describe(title),
      ...ids,
      secretEnv: z
        .string()
        .regex(envName, { error: 'is to be the name of an environment variable, in capitals: MY_BOT_SECRET' })
        .optional()
        .describe('Environment variable that holds the secret; <NAME>_FILE, the path of a file, does as well.'),
      secretFile: z
        .string()
        .min(1, { error: 'is empty' })
        .optional()
        .describe('File that holds the secret and nothing else. Relative to the configuration file.'),
      baseUrl: baseUrl.optional().describe('Another host of the token endpoint, and of the API.'),
      apiBaseUrl: baseUrl.optional().describe('Another host of the API only.'),
      minLifeSeconds: z
        .int({ error: minLifeWords })
        .min(1, { error: minLifeWords })
        .max(longestMinLifeSeconds, { error: minLifeWords })
        .optional()
        .describe('For clients that give a token up early: tokens are renewed before they live shorter than this.'),
    })
    .refine((entry) => (entry as AccountEntry).minLifeSeconds === undefined || isRenewable, {
      path: ['minLifeSeconds'],
      error:
        'cannot be had: this platform repeats its token until shortly before its end; for WeChat use provider: wechat-mp-plain',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .refine((entry) => (entry.secretEnv === undefined) !== (entry.secretFile === undefined), {
      error: ({ input }) =>
        (input as AccountEntry).secretEnv === undefined
          ? 'says nowhere where its secret is: add secretEnv: NAME or secretFile: path'
          : 'has secretEnv and secretFile: keep one',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .meta({ title, oneOf: [{ required: ['secretEnv'] }, { required: ['secretFile'] }] })
}

const [first, ...others] = providerNames.map(accountSchema)

const encryptionSchema = z
  .strictObject({
    keysEnv: z
      .string()
      .regex(envName, { error: 'is to be the name of an environment variable, in capitals: LINGPAI_CACHE_KEYS' })
      .optional()
      .describe('Environment variable that holds the keys; <NAME>_FILE, the path of a file, does as well.'),
    keysFile: z
      .string()
      .min(1, { error: 'is empty' })
      .optional()
      .describe('File that holds the keys, as lingpai keygen prints them. Relative to the configuration file.'),
    readPlain: z
      .boolean({ error: 'is to be true or false' })
      .optional()
      .describe('Takes records that are not encrypted as well, for a change-over. Default: false.'),
  })
  .refine((entry) => (entry.keysEnv === undefined) !== (entry.keysFile === undefined), {
    error: ({ input }) =>
      (input as EncryptionEntry).keysEnv === undefined
        ? 'says nowhere where its keys are: add keysEnv: NAME or keysFile: path'
        : 'has keysEnv and keysFile: keep one',
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ oneOf: [{ required: ['keysEnv'] }, { required: ['keysFile'] }] })

/** `lingpai.yaml`: the validator, and the source of the published JSON Schema. */
export const configurationSchema = z
  .strictObject({
    cache: z
      .string()
      .min(1, { error: 'is empty' })
      .optional()
      .describe(
        'memory:, file:<directory>, sqlite:<file>, redis://<host>:<port>/<database>, rediss:, redis+cluster: or redis+sentinel:; no password. LINGPAI_CACHE, where set, takes its place.',
      ),
    encryption: encryptionSchema
      .optional()
      .describe('Encrypts what the cache keeps; LINGPAI_CACHE_KEYS, where set, holds the keys.'),
    timeoutMs: z
      .int({ error: 'is to be a whole number of milliseconds' })
      .min(100, { error: 'is to be at least 100 milliseconds' })
      .max(600_000, { error: 'is to be at most 600000 milliseconds' })
      .optional()
      .describe('Bound of one whole refresh, retries included, in milliseconds. Default: 10000.'),
    language: z
      .enum(['en', 'zh'], { error: 'is to be en or zh' })
      .optional()
      .describe('Language of the hints. Default: en.'),
    allowWorldReadable: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe(
        'Uses secret files that everybody on this host can read, with a warning. Default: false, they are refused.',
      ),
    server: serverSchema.optional().describe('The central token server: lingpai serve.'),
    accounts: z
      .record(
        z.string().regex(accountName, { error: 'is no name: use letters, digits, dot, hyphen and underscore' }),
        z.discriminatedUnion('provider', [first as NonNullable<typeof first>, ...others]),
        { error: 'is to name at least one account' },
      )
      .refine((accounts) => Object.keys(accounts).length > 0, { error: 'is to name at least one account' })
      .meta({ minProperties: 1, description: 'The accounts by the names that you give them.' }),
  })
  .meta({ title: 'lingpai.yaml', description: 'Configuration of the command lingpai.' })

/** The JSON Schema of `lingpai.yaml`, for editors. */
export function configurationJsonSchema(): object {
  return z.toJSONSchema(configurationSchema, { io: 'input', target: 'draft-7' })
}

/** The keys that an account of this provider may have. */
export function accountKeys(name: ProviderName): readonly string[] {
  const ids = knownProviders[name].provider.spec.account
  return ['provider', ...ids, 'secretEnv', 'secretFile', 'baseUrl', 'apiBaseUrl', 'minLifeSeconds']
}

/** The keys at the top. */
export const topKeys: readonly string[] = Object.keys(configurationSchema.shape)
