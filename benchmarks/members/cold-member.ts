import type { Upstream } from '../harness/contender.js'
import { openShared } from './open-shared.js'

/** One of several processes on a shared cache: says that it is ready, and at the word `go` gets a token and sends how long it took. */
process.once('disconnect', () => process.exit())
const [library = '', store = '', place = '', url = ''] = process.argv.slice(2)
const upstream: Upstream = { url, fetch: (...args) => globalThis.fetch(...args) }
// The first request of a process loads the HTTP client, which is not a part of the race.
await (await fetch(`${url}/api`)).text()
const getToken = await openShared(library, store, place, upstream)
process.once('message', () => {
  const startedAt = performance.now()
  getToken().then(
    () => process.send?.(performance.now() - startedAt),
    (error: unknown) => {
      process.stderr.write(`${library} on ${store}: ${error}\n`)
      process.exit(1)
    },
  )
})
process.send?.('ready')
