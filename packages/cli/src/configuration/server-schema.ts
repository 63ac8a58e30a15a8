import { z } from 'zod'

const path = z.string().min(1, { error: 'is empty' })
const yesOrNo = z.boolean({ error: 'is to be true or false' })
const tlsWords = { error: 'is to have cert and key, two paths' }

/** `server:` of `lingpai.yaml`. */
export const serverSchema = z.strictObject({
  host: z
    .string({ error: 'is to be an address' })
    .min(1, { error: 'is empty' })
    .optional()
    .describe('Address to listen on; one beyond loopback needs client keys. Default: 127.0.0.1.'),
  port: z
    .int({ error: 'is to be a number from 0 to 65535' })
    .min(0, { error: 'is to be a number from 0 to 65535' })
    .max(65_535, { error: 'is to be a number from 0 to 65535' })
    .optional()
    .describe('Default: 4180.'),
  tls: z
    .strictObject(
      {
        cert: path.describe('PEM file of the certificate, and of those that lead to a known one.'),
        key: path.describe('PEM file of its key.'),
      },
      tlsWords,
    )
    .optional()
    .describe('Relative to the configuration file; read again when they change. Default: plain HTTP.'),
  keysFile: path
    .optional()
    .describe('File of the client keys. Relative to the configuration file. Default: lingpai-keys.json beside it.'),
  sessionKeyFile: path
    .optional()
    .describe(
      'File of at least 32 random bytes that sign the sessions of the status page: the same for all servers behind one balancer. Relative to the configuration file. Default: a random key of each process.',
    ),
  allowPlainHttp: yesOrNo
    .optional()
    .describe('Listens beyond loopback without TLS, for a proxy in front that does it. Default: false.'),
  trustProxy: z
    .union([z.boolean(), z.string().min(1), z.array(z.string().min(1))], {
      error: 'must be true, an address or network, or a list of them; a number of proxies proves nothing',
    })
    .optional()
    .describe('Addresses of the proxies in front that may say who the client is. Default: false.'),
  rateLimit: z
    .number({ error: 'is to be a number of requests a second' })
    .positive({ error: 'is to be above 0' })
    .optional()
    .describe('Requests a second of one client key, unless the key says otherwise. Default: 1000.'),
  metrics: z
    .union([z.boolean(), z.literal('public')], { error: 'is to be true, false or public' })
    .optional()
    .describe('Serves /metrics to keys of all accounts; public: to everybody who can reach it. Default: true.'),
  page: yesOrNo.optional().describe('Serves the status page at /. Default: true.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'is to be debug, info, warn or error' })
    .optional()
    .describe('Default: info.'),
})

/** The keys of `server:`. */
export const serverKeys: readonly string[] = Object.keys(serverSchema.shape)
