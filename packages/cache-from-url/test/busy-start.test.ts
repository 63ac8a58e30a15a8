import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram } from '../../testing/test/support/child.js'
import { stores } from './stores.js'

const program = bundled(new URL('children/busy-start.ts', import.meta.url))

async function ran(url: string, busyMs: number): Promise<readonly string[]> {
  const options = ['--disable-warning=ExperimentalWarning']
  const child = startProgram({ file: await program, options, args: [url, String(busyMs)] })
  const lines = await child.lines()
  await child.ended
  return lines
}

test.each(stores)(
  'a process that is busy while it starts finds the token in %s, by default options',
  async (_, open) => {
    const store = await open()
    expect(await ran(store.url, 0)).toEqual(['upstream requests: 1'])
    // Longer than a call to Redis may take, and than the manager waits for any cache.
    for (const busyMs of [450, 1200]) expect(await ran(store.url, busyMs)).toEqual(['upstream requests: 0'])
    await store.close()
  },
)
