import { TokenServerClient } from '@lingpai/client'

// A program that gets one token and exits, with or without closing its client.
const [url = '', key = '', isClosing = ''] = process.argv.slice(2)
const client = new TokenServerClient({ url, key })
const source = client.source('mp')
source.startBackgroundRefresh()
await source.getAccessToken()
// Gives the event stream time to open.
await fetch(`${url}/healthz`).then((response) => response.text())
if (isClosing === 'close') await client.close()
process.stdout.write(
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length === 0 ? 'quiet\n' : 'timers\n',
)
