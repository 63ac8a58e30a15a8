import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { certificate } from '../../testing/test/support/certificate.js'
import { withHome, type Home } from './sandbox-home.js'

const yaml = ({ simulator }: Home, server: string): string => `
cache: 'memory:'
server: ${server}
accounts:
  bot: { provider: qq-bot, appId: "${simulator.accounts.qq.appId}", secretFile: qq.secret, baseUrl: ${simulator.url}/qq }
`

async function prepare(home: Home, server: string): Promise<string> {
  await home.write('lingpai.yaml', yaml(home, server))
  await home.write('qq.secret', home.simulator.accounts.qq.clientSecret)
  const made = await home.run(['key', 'create', '--role', 'reader', '--accounts', '*', '--json'], { reveals: true })
  return String(made.json['key'])
}

/** Starts `lingpai serve` in a child process and waits until it listens. */
async function served(home: Home) {
  const child = home.spawn(['serve', '--json'])
  const [line] = (await once(child.process.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString()) as { readonly url: string }
  return { ...child, url, port: Number(new URL(url).port) }
}

/** Sends requests on one connection until one fails. @returns the failure, and whether the connection was open */
async function askUntilTheEnd(url: string, key: string): Promise<{ readonly asked: number; readonly end: string }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let asked = 0; ; asked += 1) {
    const problem = await new Promise<(Error & { readonly code?: string }) | undefined>((resolve) => {
      const sent = request(`${url}/v1/accounts`, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
        response
          .resume()
          .once('end', () => {
            resolve(undefined)
          })
          .once('error', resolve)
      })
      sent.once('error', resolve)
      sent.end()
    })
    if (problem === undefined) continue
    agent.destroy()
    return { asked, end: problem.code ?? problem.message }
  }
}

test('SIGTERM stops a server with silent TLS connections', async () => {
  await withHome(async (home) => {
    const { cert, key } = certificate('serve')
    await home.write('tls.crt', cert)
    await home.write('tls.key', key)
    await prepare(home, '{ port: 0, tls: { cert: tls.crt, key: tls.key } }')
    const { process: child, ended, port } = await served(home)
    const sockets = await Promise.all(
      Array.from({ length: 3 }, async (): Promise<Socket> => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined)
        await once(socket, 'connect')
        return socket.resume()
      }),
    )
    child.kill('SIGTERM')
    // Not `once`: a reset counts as an end, too.
    await Promise.all(
      sockets.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve))),
    )
    expect((await ended).code).toBe(0)
  })
})

test('SIGTERM resets no client that sends requests on a persistent connection', async () => {
  await withHome(async (home) => {
    const key = await prepare(home, '{ port: 0 }')
    const { process: child, ended, url } = await served(home)
    const clients = Array.from({ length: 20 }, () => askUntilTheEnd(url, key))
    // By then all clients are sending requests.
    const agent = new Agent({ keepAlive: true })
    for (let i = 0; i < 20; i += 1) {
      const sent = request(`${url}/healthz`, { agent }).end()
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
      await once(response.resume(), 'end')
    }
    agent.destroy()
    child.kill('SIGTERM')
    // Each client closed its connection when asked to, and found no server for a new one.
    const ends = await Promise.all(clients)
    expect(ends.map(({ end }) => end)).toEqual(ends.map(() => 'ECONNREFUSED'))
    expect(ends.every(({ asked }) => asked > 0)).toBe(true)
    expect((await ended).code).toBe(0)
  })
})

test('a session of the status page is valid on every server with the same session key', async () => {
  await withHome(async (home) => {
    const key = await prepare(home, '{ port: 0, sessionKeyFile: session.key }')
    await home.write('session.key', 'PLANTED-session-key-of-more-than-32-bytes')
    const [one, other] = [await served(home), await served(home)]
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const response = await fetch(`${one.url}/session`, { method: 'POST', headers, body: JSON.stringify({ key }) })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect((await fetch(`${other.url}/session`, { headers: { cookie, connection: 'close' } })).status).toBe(200)
    for (const { process: child } of [one, other]) child.kill('SIGTERM')
    const { code, stderr } = await one.ended
    expect(code).toBe(0)
    expect(stderr).not.toContain('PLANTED')
    expect((await other.ended).code).toBe(0)
  })
})

test('a session key that is too short, or in place of its path, is rejected and not quoted', async () => {
  await withHome(async (home) => {
    await prepare(home, '{ port: 0, sessionKeyFile: session.key }')
    await home.write('session.key', 'PLANTED')
    const short = await home.run(['serve'])
    expect(short).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"sessionKey" must have at least 32 bytes'),
    })
    await home.write('lingpai.yaml', yaml(home, '{ port: 0, sessionKeyFile: PLANTED-session-key }'))
    const pasted = await home.run(['serve'])
    expect(pasted.stderr).toMatch(
      /^lingpai: server: the file that "server\.sessionKeyFile" names cannot be read \(ENOENT\)/,
    )
    expect(pasted.code).toBe(2)
    for (const { stderr } of [short, pasted]) expect(stderr).not.toContain('PLANTED')
    expect(await readFile(`${home.directory}/lingpai-keys.json`, 'utf8')).toContain('"hash"')
  })
})
