import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openStore } from '../open-store.js'

/** Writes ever higher numbers under a key, in every way there is, and prints each once it is acknowledged. */
const [url = '', key = ''] = process.argv.slice(2)
const cache = await openStore(url)
const { lease } = cache
if (lease === undefined) throw new TypeError('no lease')
for (let next = (await standing()) + 1; ; next += 1) {
  if (next % 2 === 0) await cache.set(key, whole(next))
  else {
    await lease.take(key, 'writer', 30_000)
    if (!(await lease.commit(key, 'writer', whole(next)))) say('denied')
  }
  say(String(next))
}

async function standing(): Promise<number> {
  const value = await cache.get(key)
  if (value === undefined || value === null) return 0
  const number = Number(value.split(':')[0])
  if (whole(number) !== value) say(`half a value: ${value}`)
  return number
}

/** A value that shows whether all of it is there. */
function whole(number: number): string {
  const start = `${String(number)}:${'x'.repeat(number % 5000)}:`
  return start + createHash('sha256').update(start).digest('hex')
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}
