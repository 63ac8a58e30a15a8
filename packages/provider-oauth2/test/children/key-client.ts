// A program that signs with a private key, and prints everything it can: log, events, records, errors, its sources.
import { inspect } from 'node:util'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager, type Logger } from '@lingpai/core'
import { clientAssertion, oauth2 } from '@lingpai/provider-oauth2'

const { tokenUrl, apiUrl, quotingUrl, directory, pem } = JSON.parse(process.argv[2] ?? '{}') as Readonly<
  Record<string, string>
>

const print = (...values: readonly unknown[]): void => {
  for (const value of values) {
    process.stdout.write(`${inspect(value, { depth: 9, showHidden: true }).replaceAll('\n', ' ')}\n`)
    process.stderr.write(`${JSON.stringify(value)}\n`)
  }
}
const logger: Logger = { debug: print, info: print, warn: print, error: print }
const tokens = new TokenManager({ cache: fileCache({ directory: directory ?? '' }), logger })
for (const event of ['refreshed', 'refresh-failed', 'rejected', 'cache-failed'] as const) tokens.on(event, print)

const source = (url = '') =>
  tokens.source(oauth2({ tokenUrl: url, scope: 'read', clientAuthentication: 'private_key_jwt' }), {
    clientId: 'key-client',
    clientAssertion: clientAssertion({ clientId: 'key-client', audience: url, keyId: 'k1', key: pem ?? '' }),
  })

const good = source(tokenUrl)
print((await good.fetch(apiUrl ?? '')).status, good, good.status(), good.account, (await good.getRecord()).generation)
const failed = source(quotingUrl)
print(await failed.getAccessToken().catch((error: unknown) => error), failed, failed.status())
await tokens.close()
process.stdout.write('the end\n')
