import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '@lingpai/core'
import { watchFile } from '../../src/watch-file.js'

function withResolvers(): { readonly promise: Promise<undefined>; resolve(value: undefined): void } {
  let resolve: (value: undefined) => void = () => undefined
  const promise = new Promise<undefined>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** A clock whose timer the test fires. `armed` resolves when a check is over and the next one is scheduled. */
function steppedClock(): { readonly clock: Clock; step(): Promise<void>; armed(): Promise<void> } {
  let fire: (() => void) | undefined
  let arm = withResolvers()
  const setTimer: Clock['setTimer'] = (callback) => {
    fire = callback
    arm.resolve(undefined)
    return { cancel: () => undefined }
  }
  const armed = async (): Promise<void> => {
    await arm.promise
  }
  return {
    clock: { ...systemClock, setTimer },
    armed,
    step: async () => {
      await armed()
      arm = withResolvers()
      fire?.()
      await armed()
    },
  }
}

test('a file that an editor truncates before writing is reported once, when it is complete', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-watch-'))
  try {
    const path = join(directory, 'lingpai.yaml')
    await writeFile(path, 'accounts: {}\n')
    const { clock, step, armed } = steppedClock()
    let changes = 0
    const end = watchFile(path, clock, () => {
      changes += 1
    })
    await armed()
    await writeFile(path, '')
    await step()
    expect(changes).toBe(0)
    await writeFile(path, 'accounts:\n  shop: {}\n')
    await step()
    await step()
    expect(changes).toBe(1)
    await rm(path)
    await step()
    expect(changes).toBe(2)
    end()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
