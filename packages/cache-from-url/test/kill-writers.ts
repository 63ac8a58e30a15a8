import { createHash } from 'node:crypto'
import type { IAccessTokenCache } from '@lingpai/core'
import { bundled } from '../../testing/test/support/bundle.js'
import { startProgram } from '../../testing/test/support/child.js'
import { openStore } from './open-store.js'
import { stores } from './stores.js'

const key = 'lingpai:1:wechat-mp:app:https%3A%2F%2Fapi.weixin.qq.com:wx1:5d41'
const lanes = ['a', 'b', 'c', 'd']
/** A writer has written some dozen times by the end of this, on a machine with time for it. */
const longestLifeMs = 30

/** Registers a test for each store that kills writers so many times. */
export function testKilledWriters(kills: number, patienceMs: number): void {
  const program = bundled(new URL('children/writer.ts', import.meta.url))
  test.each(stores)(
    `%s: writers killed at ${String(kills)} random moments leave the old record or the new one, whole`,
    async (_, open) => {
      const store = await open()
      const cache = await openStore(store.url)
      const ofLane = async (lane: string): Promise<number> => {
        let left: Left = { stands: 0, acknowledged: 0 }
        for (let kill = 0; kill < kills / lanes.length; kill += 1) {
          left = await killWriter({ file: await program, url: store.url, key: `${key}:${lane}` }, cache, left)
        }
        return left.stands
      }
      try {
        for (const stands of await Promise.all(lanes.map(ofLane)))
          expect(stands).toBeGreaterThanOrEqual(kills / lanes.length)
        expect(await store.isSound?.()).not.toBe(false)
      } finally {
        await cache.close?.()
        await store.close()
      }
    },
    patienceMs,
  )
}

/** What a killed writer left: what could be read just after, and what it had been told was written. */
interface Left {
  readonly stands: number
  readonly acknowledged: number
}

interface Writing {
  readonly file: string
  readonly url: string
  readonly key: string
}

/**
 * Lets a writer run for some random milliseconds, kills it, and checks what it left. What it was just writing may come to light
 * only later, and is then the new record: SQLite finds it in its log, Redis in what it had not read yet.
 */
async function killWriter({ file, url, key }: Writing, cache: IAccessTokenCache, before: Left): Promise<Left> {
  const writer = startProgram({ file, args: [url, key] })
  const first = await writer.line()
  expect(Number(first)).toBeGreaterThanOrEqual(before.stands + 1)
  expect(Number(first)).toBeLessThanOrEqual(before.acknowledged + 2)
  setTimeout(() => {
    writer.signal('SIGKILL')
  }, Math.random() * longestLifeMs)
  const lines = await writer.lines()
  expect(lines.filter((line) => !/^\d+$/.test(line))).toEqual([])
  const acknowledged = Number(lines.at(-1) ?? first)
  const value = (await cache.get(key)) ?? ''
  const stands = Number(value.split(':')[0])
  expect([acknowledged, acknowledged + 1]).toContain(stands)
  const start = value.slice(0, -64)
  expect(value).toBe(start + createHash('sha256').update(start).digest('hex'))
  return { stands, acknowledged }
}
