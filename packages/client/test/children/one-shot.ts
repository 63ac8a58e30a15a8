import { TokenServerClient } from '@lingpai/client'

// A program that has nothing else to do than to get one token, with and without ending its client.
const [url = '', key = '', isClosing = ''] = process.argv.slice(2)
const client = new TokenServerClient({ url, key })
const source = client.source('mp')
source.startBackgroundRefresh()
await source.getAccessToken()
// The stream shall be open by then, or on its way.
await fetch(`${url}/healthz`).then((response) => response.text())
if (isClosing === 'close') await client.close()
process.stdout.write(
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length === 0 ? 'quiet\n' : 'timers\n',
)
