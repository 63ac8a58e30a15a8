import { z } from 'zod'

const path = z.string().min(1, { error: 'must not be empty' })
const yesOrNo = z.boolean({ error: 'must be true or false' })
const tlsWords = { error: 'must have the paths cert and key' }

/** `server:` of `lingpai.yaml`. */
export const serverSchema = z.strictObject({
  host: z
    .string({ error: 'must be an address' })
    .min(1, { error: 'must not be empty' })
    .optional()
    .describe('Address to listen on; an address beyond loopback requires client keys. Default: 127.0.0.1.'),
  port: z
    .int({ error: 'must be a number from 0 to 65535' })
    .min(0, { error: 'must be a number from 0 to 65535' })
    .max(65_535, { error: 'must be a number from 0 to 65535' })
    .optional()
    .describe('Port to listen on. Default: 4180.'),
  tls: z
    .strictObject(
      {
        cert: path.describe('PEM file of the certificate and its intermediate certificates.'),
        key: path.describe('PEM file of the key.'),
      },
      tlsWords,
    )
    .optional()
    .describe('Relative to the configuration file; reloaded when they change. Default: plain HTTP.'),
  keysFile: path
    .optional()
    .describe('File of the client keys. Relative to the configuration file. Default: lingpai-keys.json beside it.'),
  sessionKeyFile: path
    .optional()
    .describe(
      'File of at least 32 random bytes that sign the sessions of the status page, the same for all servers behind one load balancer. Relative to the configuration file. Default: a random key for each process.',
    ),
  allowPlainHttp: yesOrNo
    .optional()
    .describe('Allows plain HTTP beyond loopback, for a proxy in front that terminates TLS. Default: false.'),
  trustProxy: z
    .union([z.boolean(), z.string().min(1), z.array(z.string().min(1))], {
      error: 'must be true, an address or network, or a list of them; a number of proxies is not accepted',
    })
    .optional()
    .describe('Addresses of proxies that may report the address of a client. Default: false.'),
  rateLimit: z
    .number({ error: 'must be a number of requests per second' })
    .positive({ error: 'must be a positive number' })
    .optional()
    .describe('Requests per second for a client key without a limit of its own. Default: 1000.'),
  metrics: z
    .union([z.boolean(), z.literal('public')], { error: 'must be true, false or public' })
    .optional()
    .describe('Serves /metrics to keys with all accounts, or with public to every client. Default: true.'),
  page: yesOrNo.optional().describe('Serves the status page at /. Default: true.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .optional()
    .describe('Level of the log. Default: info.'),
})

/** The known fields of `server:`. */
export const serverKeys: readonly string[] = Object.keys(serverSchema.shape)
