import { once } from 'node:events'
import { connect } from 'node:net'
import { startSimulator } from '../../src/simulator/index.js'

const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk']

/** Sends these pieces over one connection. @returns what came back, once it is whole or the connection ends */
async function exchange(url: string, pieces: readonly string[], reuse = false): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let text = ''
  const send = async (): Promise<void> => {
    const before = text.length
    const whole = new Promise<void>((resolve) => {
      socket.on('data', () => {
        if (text.length > before && text.endsWith('}')) resolve()
      })
      socket.once('close', () => {
        resolve()
      })
    })
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
    await whole
  }
  socket.on('data', (chunk: Buffer) => {
    text += String(chunk)
  })
  await send()
  if (reuse) await send()
  socket.destroy()
  return text
}

test('a request that offers h2c, as the JDK’s client does, gets its response over HTTP/1.1, also a second time on the same connection', async () => {
  await using simulator = await startSimulator()
  const { appId, appSecret } = simulator.accounts.wechat
  const path = `/wechat/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${appSecret}`
  const request = [`GET ${path} HTTP/1.1`, 'Host: simulator', ...upgrade, '', ''].join('\r\n')
  const text = await exchange(simulator.url, [request], true)
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  expect(text.match(/"access_token":"simtok_wechat_/g)).toHaveLength(2)
})

test('the body of a request that offers h2c is read, in one piece or several', async () => {
  await using simulator = await startSimulator()
  const { appId, clientSecret } = simulator.accounts.qq
  const body = JSON.stringify({ appId, clientSecret })
  const head = [
    'POST /qq/app/getAppAccessToken HTTP/1.1',
    'Host: simulator',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...upgrade,
    '',
    '',
  ].join('\r\n')
  for (const pieces of [[head + body], [head, body], [head, body.slice(0, 9), body.slice(9)]]) {
    const text = await exchange(simulator.url, pieces)
    expect(text).toContain('"access_token":"simtok_qq_')
  }
})

test('a WebSocket handshake on another path is rejected', async () => {
  await using simulator = await startSimulator()
  const request = ['GET /qq/elsewhere HTTP/1.1', 'Host: simulator', 'Connection: Upgrade', 'Upgrade: websocket', '', '']
  expect(await exchange(simulator.url, [request.join('\r\n')])).toMatch(/^HTTP\/1\.1 404 /)
})
