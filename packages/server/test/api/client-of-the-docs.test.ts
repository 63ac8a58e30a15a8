import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { openServerWorld, type ServerWorld } from './server-world.js'

const page = new URL('../../../../docs/en/native-api.md', import.meta.url)
const directory = temporaryDirectories()

/** Runs the client of the docs. Reads the number of calls from each line, and prints how many of them failed. */
const driver = `
import { createInterface } from 'node:readline'
const [server = '', api = ''] = process.argv.slice(2)
const client = new NativeToken(server, 'shop', process.env['LINGPAI_KEY'] ?? '')
const call = (): Promise<{ errcode?: number }> =>
  client.call(async (token) => (await (await fetch(api + token)).json()) as { errcode?: number })
for await (const line of createInterface({ input: process.stdin })) {
  const bodies = await Promise.all(Array.from({ length: Number(line) }, call))
  console.log(bodies.filter(({ errcode = 0 }) => errcode !== 0).length)
}
`

let world: ServerWorld
let child: ChildProcess
beforeEach(async () => {
  world = await openServerWorld()
})
afterEach(async () => {
  if (child.exitCode === null) {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  await world.close()
})

test('the client of the docs makes one request for all callers, and one report for a rejected token', async () => {
  const text = await readFile(page, 'utf8')
  const [, code = ''] = /```ts\n([^]*?)```/.exec(text) ?? []
  expect(code.split('\n').length).toBeLessThan(70)
  const file = join(await directory(), 'client.mts')
  await writeFile(file, code + driver)
  const api = `${world.simulator.url}/wechat/cgi-bin/menu/get?access_token=`
  const key = world.key({ role: 'reporter', accounts: ['shop'] })
  child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, world.url, api], {
    env: { ...process.env, LINGPAI_KEY: key },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const failed = async (calls: number): Promise<string> => {
    child.stdin!.write(`${calls}\n`)
    return ((await lines.next()) as { readonly value: string }).value
  }
  expect(await failed(20)).toBe('0')
  world.simulator.revoke('wechat')
  expect(await failed(20)).toBe('0')
  expect(await failed(20)).toBe('0')
  expect(world.simulator.ledger.tokenRequests()).toBe(2)
})
