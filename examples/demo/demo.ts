// npm start: runs simulated platforms, a token server and its status page on this machine. Nothing in it is real.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { clientKeys, createClientKey, startTokenServer, type RunningTokenServer } from '@lingpai/server'
import { startSimulator } from '@lingpai/testing/simulator'
import { demoAccounts, servedAccounts } from './demo-accounts.js'
import { demoLines } from './demo-lines.js'

/** How much faster tokens age than on the real platforms: two hours take two minutes. */
const timeScale = 60
const usualPort = 4180

type ServerOptions = Parameters<typeof startTokenServer>[0]

/** Uses another port if another demonstration is running. */
async function startOnFreePort(options: ServerOptions, port: number): Promise<RunningTokenServer> {
  try {
    return await startTokenServer({ ...options, port })
  } catch (error) {
    if ((error as { details?: { field?: string } }).details?.field !== 'port') throw error
    return startTokenServer({ ...options, port: 0 })
  }
}

/** Resolves on Ctrl-C or another signal that ends the process. */
function ending(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

async function demo(port: number): Promise<void> {
  // Listens from now on, so that a signal during the start ends the demonstration too.
  const ended = ending()
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-demo-'))
  const simulator = await startSimulator({ accounts: demoAccounts, timeScale })
  const cache = fileCache({ directory })
  const manager = new TokenManager({ cache })
  let server: RunningTokenServer | undefined
  try {
    const { text: key, key: stored } = createClientKey({ name: 'demo', role: 'admin', accounts: '*' }, Date.now())
    const accounts = servedAccounts(manager, simulator)
    server = await startOnFreePort({ accounts, manager, cache, keys: clientKeys([stored]) }, port)
    console.log(demoLines({ server: server.url, sandbox: simulator.url, key, timeScale }))
    await ended
    console.log('\nEnding.')
  } finally {
    await server?.close()
    await manager.close()
    await cache.close?.()
    await simulator.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const { values } = parseArgs({ options: { port: { type: 'string' } } })
await demo(values.port === undefined ? usualPort : Number(values.port))
