import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram } from '../../testing/test/support/child.js'
import { openStore } from './open-store.js'
import { stores, type TestStore } from './stores.js'

// A process that has nothing else to do: only the call itself keeps it alive.
const program = bundled(new URL('children/bare-call.ts', import.meta.url))
const key = 'lingpai:1:wechat-mp:app:host:wx1:5d41'

const formats = [
  ['an ES module', ['--input-type=module', '-e', callIn('await import(process.argv[1])')]],
  ['CommonJS', ['-e', callIn('require(process.argv[1])')]],
] as const

function callIn(load: string): string {
  return `const { bareCall } = ${load}; ${load.startsWith('await') ? 'await ' : ''}bareCall(...process.argv.slice(2))`
}

/** What a process printed that makes one call, and how it ended. */
async function ran(options: readonly string[], ...args: readonly string[]): Promise<readonly unknown[]> {
  const quiet = ['--disable-warning=ExperimentalWarning', ...options]
  const child = startProgram({ file: await program, options: quiet, args })
  const lines = await child.lines()
  await child.ended
  return [...lines, child.process.exitCode]
}

let store: TestStore | undefined
afterEach(async () => store?.close())

describe.each(formats)('from %s', (_, options) => {
  test.each(stores)('one bare call of each kind on %s settles, and then the process exits', async (_name, open) => {
    store = await open()
    const { url } = store
    const operations = ['set', 'get', 'take', 'none']
    const written = await ran(options, url, key, 'set')
    const cache = await openStore(url)
    expect(await cache.get(key)).toBe('written by a bare call')
    await cache.close?.()
    const others = operations.slice(1).map(async (operation) => ran(options, url, key, operation))
    others.push(ran(options, `encrypted ${url}`, key, 'remove'))
    const ends = [...operations, 'remove'].map((name) => [`${name} is over`, 0])
    expect([written, ...(await Promise.all(others))]).toEqual(ends)
  })

  test('a bare call settles on a Keyv store whose client does not keep the process alive', async () => {
    expect(await ran(options, 'keyv', key, 'remove')).toEqual(['remove is over', 0])
  })
})
