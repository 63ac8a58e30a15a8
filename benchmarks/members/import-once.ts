/** Imports packages in a fresh process, and sends how long it took and how much heap it keeps. */
const specifiers = process.argv.slice(2)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const startedAt = performance.now()
const modules: unknown[] = []
for (const specifier of specifiers) modules.push(await import(specifier))
const ms = performance.now() - startedAt
globalThis.gc?.()
const mib = Math.max(0, process.memoryUsage().heapUsed - before) / 2 ** 20
process.send?.({ ms, mib, modules: modules.length })
process.once('message', () => process.exit())
