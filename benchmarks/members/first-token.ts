import { loadContender } from '../contenders/contenders.js'

/** Loads a library in a fresh process and gets its first token, and sends how long it took and how much heap it keeps. */
const [name = '', url = ''] = process.argv.slice(2)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const startedAt = performance.now()
const contender = (await loadContender(name)).open({ url, fetch: (...args) => globalThis.fetch(...args) }, 1)
await contender.getToken(0)
const ms = performance.now() - startedAt
globalThis.gc?.()
const mib = Math.max(0, process.memoryUsage().heapUsed - before) / 2 ** 20
process.send?.({ ms, mib })
process.once('message', () => process.exit())
