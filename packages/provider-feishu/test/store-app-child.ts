import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { appTicketIn, appTickets, feishuStoreTenant } from '@lingpai/provider-feishu'

const [task = '', directory = '', appId = '', appSecret = '', baseUrl = ''] = process.argv.slice(2)
const cache = fileCache({ directory })
const tickets = appTickets(cache, appId)

if (task === 'receive') receive()
else await call()

/** Receives events, and acknowledges each after its ticket is kept. Prints the port, and a line for each ticket. */
function receive(): void {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    request.on('end', () => {
      void tickets.receive(appTicketIn(body)?.appTicket ?? '').then(() => {
        response.end('{}')
        process.stdout.write('kept\n')
      })
    })
  })
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
  })
}

/** Calls an API as a tenant, and prints the HTTP status. */
async function call(): Promise<void> {
  const tokens = new TokenManager({ cache })
  const credentials = { appId, appSecret, tenantKey: 'tenant-a', appTicket: tickets.read }
  const tenant = tokens.source(feishuStoreTenant.extend({ baseUrl }), credentials)
  const { status } = await tenant.fetch('/open-apis/im/v1/messages', { method: 'POST', body: '{}' })
  process.stdout.write(`${status}\n`)
  await tokens.close()
}
