import { createPrivateKey, sign } from 'node:crypto'
import { testClock } from '@lingpai/testing'

// The example of the platform's documentation.
export const appId = '11111111'
export const clientSecret = 'DG5g3B4j9X2KOErG'

export const clock = testClock()
export const url = 'https://bot.example.com/qq'
export const nowSeconds = (): string => String(Math.floor(clock.now() / 1000))

/** Signs as the platform does, independently of the source. */
export function signatureOf(timestamp: string, body: string, secret = clientSecret): string {
  const seed = Buffer.from(secret.repeat(4).slice(0, 32))
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return sign(null, Buffer.from(timestamp + body), key).toString('hex')
}

/** A request as the platform sends it. */
export function signed(body: string, { timestamp = nowSeconds(), secret = clientSecret, bot = appId } = {}): Request {
  const headers = {
    'x-bot-appid': bot,
    'x-signature-timestamp': timestamp,
    'x-signature-ed25519': signatureOf(timestamp, body, secret),
  }
  return new Request(url, { method: 'POST', headers, body })
}

export const groupMessage = (id: string, event: string): string =>
  JSON.stringify({
    op: 0,
    id: event,
    t: 'GROUP_AT_MESSAGE_CREATE',
    d: { id, group_openid: 'GROUP', content: ' hello' },
  })
