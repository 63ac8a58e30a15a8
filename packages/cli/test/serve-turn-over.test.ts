import { once } from 'node:events'
import { join } from 'node:path'
import { withHome, type Child, type Home } from './sandbox-home.js'

const running: Child[] = []
async function stopAll(): Promise<void> {
  for (const { process: child } of running) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
}
afterEach(stopAll)

/** `lingpai serve` in a process of its own; gives its URL. */
async function serve(home: Home): Promise<string> {
  const child = home.spawn(['serve', '--json', '--host', 'localhost'])
  running.push(child)
  let printed = ''
  while (!printed.includes('\n')) printed += String(await once(child.process.stdout, 'data'))
  return (JSON.parse(printed) as { readonly url: string }).url
}

async function createKey({ run }: Home): Promise<string> {
  const { json } = await run(['key', 'create', '--role', 'reporter', '--accounts', '*', '--json'], { reveals: true })
  return String(json['key'])
}

interface Answer {
  readonly access_token: string
  readonly generation: number
}

async function ask(url: string, key: string, rejected?: Answer): Promise<Answer> {
  const authorization = `Bearer ${key}`
  const path = `${url}/v1/accounts/shop/${rejected === undefined ? 'token' : 'rejections'}`
  const reply = await fetch(path, {
    headers: { authorization, 'content-type': 'application/json' },
    ...(rejected !== undefined && {
      method: 'POST',
      body: JSON.stringify({ access_token: rejected.access_token, code: 40001 }),
    }),
  })
  return (await reply.json()) as Answer
}

const schemes = process.env['LINGPAI_TEST_SQLITE'] === 'missing' ? ['file'] : ['file', 'sqlite']

test.each(schemes)('a token that is rejected at one of two servers on %s: is replaced at the other', async (scheme) => {
  await withHome(async (home) => {
    const { simulator, directory, write } = home
    const { appId, appSecret } = simulator.accounts.wechat
    await write('wechat.secret', appSecret)
    const account = `{ provider: wechat-mp-plain, appId: ${appId}, secretFile: wechat.secret, baseUrl: "${simulator.url}/wechat" }`
    const cache = `${scheme}:${join(directory, 'tokens')}`
    await write('lingpai.yaml', `cache: "${cache}"\nserver: { port: 0 }\naccounts: { shop: ${account} }\n`)
    const [key, fresh] = [await createKey(home), await createKey(home)]
    const [one, other] = await Promise.all([serve(home), serve(home)])
    const first = await ask(one, key)
    expect((await ask(other, key)).access_token === first.access_token).toBe(true)
    simulator.revoke('wechat')
    const second = await ask(one, key, first)
    expect(second.generation).toBe(first.generation + 1)
    // Asking is all the waiting there is; a server that does not turn over answers with the dead token for a minute.
    const startedAtMs = performance.now()
    let seen = await ask(other, key)
    while (seen.generation === first.generation && performance.now() - startedAtMs < 30_000)
      seen = await ask(other, key)
    expect(seen.access_token === second.access_token).toBe(true)
    expect((await ask(other, fresh)).access_token === second.access_token).toBe(true)
    expect(simulator.ledger.tokenRequests('wechat')).toBe(2)
    // They still write when keys were last used, and the directory goes with the home.
    await stopAll()
  })
})
