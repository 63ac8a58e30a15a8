// npm run story: simulated platforms on this machine, tokens over real HTTP, and a count for every claim. Nothing in it is real.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { accounts, cast, secrets, type Player } from './cast.js'
import { countingCache, type CountingCache } from './counting-cache.js'
import { check, FalseClaim, teller, type Teller } from './teller.js'

/** What the chapters share. */
interface Scene {
  readonly tell: Teller
  readonly simulator: Simulator
  readonly directory: string
  readonly cache: CountingCache
  readonly tokens: TokenManager
  readonly players: readonly Player[]
}

async function story(tell: Teller): Promise<void> {
  const startedAtMs = performance.now()
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-story-'))
  const simulator = await startSimulator({ accounts })
  try {
    const cache = countingCache(fileCache({ directory }))
    await using tokens = new TokenManager({ cache })
    const players = cast(tokens, simulator.url, 'first')
    const scene: Scene = { tell, simulator, directory, cache, tokens, players }
    tell.say(`Lingpai 令牌: three simulated platforms on ${simulator.url}, one file cache`)
    await firstTokens(scene)
    await fromMemory(scene)
    await aCrowd(scene)
    await anotherProcess(scene)
    await aRevokedToken(scene)
    await theLedger(scene)
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
    tell.say(`\nEvery count above was checked against the platforms' own ledger (${seconds} s).`)
  } finally {
    await simulator.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs a step and counts the token requests that it cost. */
async function costOf({ simulator }: Scene, step: () => Promise<unknown>): Promise<number> {
  const before = simulator.ledger.tokenRequests()
  await step()
  return simulator.ledger.tokenRequests() - before
}

async function firstTokens(scene: Scene): Promise<void> {
  scene.tell.chapter('The first tokens, over real HTTP')
  for (const { name, source } of scene.players) {
    const requests = await costOf(scene, () => source.getAccessToken())
    const { generation = 0, issuedAtMs = 0, expiresAtMs = 0 } = source.status()
    check(`requests for the first token of ${name}`, requests, 1)
    const minutes = Math.round((expiresAtMs - issuedAtMs) / 60_000)
    scene.tell.line(name, `generation ${generation}, lives ${minutes} minutes`, requests)
  }
}

async function fromMemory(scene: Scene): Promise<void> {
  const { tell, cache, players } = scene
  tell.chapter('The same again: served from memory')
  const before = cache.operations
  const requests = await costOf(scene, async () => {
    for (const { source } of players) await source.getAccessToken()
  })
  check('requests for tokens that are in memory', requests, 0)
  check('cache operations for tokens that are in memory', cache.operations - before, 0)
  tell.line('all three', `${cache.operations - before} cache operations: no file was touched`, requests)
}

async function aCrowd(scene: Scene): Promise<void> {
  const { tell, tokens, simulator } = scene
  tell.chapter('1,000 callers at once, for accounts that nothing is cached of')
  for (const { name, source } of cast(tokens, simulator.url, 'crowd')) {
    const answers = new Set<string>()
    const requests = await costOf(scene, async () => {
      const callers = Array.from({ length: 1000 }, () => source.getAccessToken())
      for (const token of await Promise.all(callers)) answers.add(token)
      check(`answers to the callers of ${name}`, callers.length, 1000)
    })
    check(`different tokens among the callers of ${name}`, answers.size, 1)
    check(`requests for the callers of ${name}`, requests, 1)
    tell.line(name, `1,000 answers, ${answers.size} token`, requests)
  }
}

async function anotherProcess(scene: Scene): Promise<void> {
  const { tell, players } = scene
  tell.chapter('A second process: served from the file')
  let output = ''
  const requests = await costOf(scene, async () => {
    const script = fileURLToPath(new URL('./second-process.ts', import.meta.url))
    const env = { ...process.env, STORY_DIRECTORY: scene.directory, STORY_URL: scene.simulator.url }
    output = (await promisify(execFile)(process.execPath, [...process.execArgv, script], { env })).stdout
  })
  const digests = JSON.parse(output) as Readonly<Record<string, string>>
  let same = 0
  for (const { platform, source } of players) {
    const digest = createHash('sha256').update(await source.getAccessToken())
    if (digests[platform] === digest.digest('hex')) same += 1
  }
  check('tokens that the second process shares with the first', same, players.length)
  check('requests of the second process', requests, 0)
  tell.line('all three', `${same} tokens, the same as here (compared by digest)`, requests)
}

async function aRevokedToken(scene: Scene): Promise<void> {
  const { tell, simulator, players } = scene
  tell.chapter('The platform kills a token: one rejection, one refresh, one replay')
  for (const { platform, name, source, apiPath, deadCode } of players) {
    const dead = simulator.ledger.deadPresented({ account: source.account.ids })
    const apiRequests = simulator.ledger.apiRequests()
    simulator.revoke(source.account.ids)
    let status = 0
    const requests = await costOf(scene, async () => {
      status = (await source.fetch(apiPath)).status
    })
    const rejection = simulator.ledger.entries.findLast(
      (entry) => entry.platform === platform && entry.dead === 'revoked',
    )
    const { generation = 0 } = source.status()
    check(`code that ${name} refuses a revoked token with`, rejection?.code, deadCode)
    check(`HTTP status of the call to ${name}`, status, 200)
    check(`rejected calls to ${name}`, simulator.ledger.deadPresented({ account: source.account.ids }) - dead, 1)
    check(`calls to ${name}, the replay included`, simulator.ledger.apiRequests() - apiRequests, 2)
    check(`requests to heal ${name}`, requests, 1)
    check(`generation after the refresh of ${name}`, generation, 2)
    tell.line(name, `refused with ${deadCode}, then ${status}; generation ${generation}`, requests)
  }
}

/** The platforms' total counts, and whether anything secret was printed. */
async function theLedger({ tell, simulator, tokens }: Scene): Promise<void> {
  tell.chapter('The whole of it, as the platforms counted')
  const { tokenRequests, tokensIssued, dead } = simulator.ledger.summary()
  check('requests in all', tokenRequests, 9)
  check('tokens in all', tokensIssued, tokenRequests)
  check('revoked tokens presented', dead.revoked, 3)
  check('expired, superseded or unknown tokens presented', dead.expired + dead.superseded + dead.unknown, 0)
  tell.line('upstream', `${tokensIssued} tokens for 2 processes and over 3,000 calls`, tokenRequests)
  const values = await Promise.all(tokens.sources().map((source) => source.getAccessToken()))
  const leaks = [...values, ...secrets].filter((text) => tell.told.includes(text)).length
  check('tokens and secrets in this text', leaks, 0)
  tell.line('this text', 'no token and no secret in it')
}

try {
  await story(teller())
} catch (error) {
  process.stderr.write(`story: ${error instanceof FalseClaim ? error.message : String(error)}\n`)
  process.exitCode = 1
}
