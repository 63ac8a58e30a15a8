import { z } from 'zod'

const path = z.string().min(1, { error: 'must not be empty' })
const yesOrNo = z.boolean({ error: 'must be true or false' })
const forwardWords = {
  error: 'must be true, false, or an object with largestReplayBytes, timeoutSeconds or uploadSeconds',
}
const seconds = z.number({ error: 'must be a number of seconds' }).positive({ error: 'must be a positive number' })
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
  forward: z
    .union(
      [
        z.boolean(),
        z.strictObject({
          largestReplayBytes: z
            .int({ error: 'must be a whole number of bytes' })
            .positive({ error: 'must be a positive number' })
            .optional()
            .describe(
              'Largest body that is kept so that its call can be repeated; a larger one is sent once. Default: 1048576.',
            ),
          timeoutSeconds: seconds.optional().describe('Longest wait for a response of the platform. Default: 60.'),
          uploadSeconds: seconds
            .optional()
            .describe('Longest time that a client may take to send one request. Default: 300.'),
        }),
      ],
      forwardWords,
    )
    .optional()
    .describe(
      'Forwards API calls to the platforms with the real token, and hands out surrogates that work only here. Default: false.',
    ),
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
