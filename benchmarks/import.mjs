// What it costs a program to import core, a provider and the memory cache, and to get its first token: time, memory, files.
//
// Builds and packs the packages as they are published and unpacks the tarballs. Each program then runs in processes of its own, in
// turn with the others. The yardstick is one small file that keeps a token in a Map. Compare with the yardstick and the empty
// process of the same run, not the absolute figures: the first use of `fetch` loads the HTTP client of Node, in any program.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine } from '../scripts/lib/command-line.mjs'
import { installPackages } from './import/install.mjs'

const { values: given } = commandLine({
  usage: 'node benchmarks/import.mjs [options]',
  what: 'Measures what it costs a program to import Lingpai and to get its first token: time, memory, files.',
  options: {
    rounds: { type: 'number', default: 9, value: 'N', what: 'processes of each program' },
    installed: {
      type: 'string',
      value: 'FOLDER',
      what: 'measures the packages in its node_modules; otherwise builds and packs them',
    },
  },
})

/** Each program marks the end of its steps; `url` is a token endpoint on loopback. */
const programs = {
  empty: '',
  yardstick: `
    const { Tokens } = await import('./small-tokens.mjs')
    step('import')
    const tokens = new Tokens(url)
    step('setup')
    await tokens.getAccessToken('account')
    step('first token')
  `,
  lingpai: `
    const [{ TokenManager }, { qqBot }, { memoryCache }] = await Promise.all([
      import('@lingpai/core'),
      import('@lingpai/provider-qq-bot'),
      import('@lingpai/cache-memory'),
    ])
    step('import')
    const tokens = new TokenManager({ cache: memoryCache(), fetch: (_, init) => fetch(url, init) })
    const source = tokens.source(qqBot, { appId: '1', clientSecret: 'made-up' })
    step('setup')
    await source.getAccessToken()
    step('first token')
  `,
}
const steps = ['import', 'setup', 'first token']

const yardstick = `
  export class Tokens {
    #url
    #kept = new Map()
    constructor(url) {
      this.#url = url
    }
    async getAccessToken(account) {
      const kept = this.#kept.get(account)
      if (kept !== undefined && Date.now() < kept.expiresAtMs) return kept.token
      const response = await fetch(this.#url, { method: 'POST', body: JSON.stringify({ account }) })
      const { access_token: token, expires_in: seconds } = await response.json()
      this.#kept.set(account, { token, expiresAtMs: Date.now() + seconds * 1000 })
      return token
    }
  }
`

/** What the measurement itself loads is loaded before it begins, and is in the empty process too. */
const program = (body, url) => `
  import './nothing.mjs'
  const url = ${JSON.stringify(url)}
  const readings = []
  let startedAt
  let usageAtStart
  const begin = () => {
    startedAt = performance.now()
    usageAtStart = process.cpuUsage()
  }
  const step = (name) => {
    const ms = performance.now() - startedAt
    const { user, system } = process.cpuUsage(usageAtStart)
    gc()
    const { rss, heapUsed } = process.memoryUsage()
    readings.push({ name, ms, processorMs: (user + system) / 1000, rss, heapUsed })
    begin()
  }
  step('start')
  await import('./nothing.mjs')
  begin()
  ${body}
  step('end')
  process.stdout.write(JSON.stringify(readings))
`

const place = realpathSync(mkdtempSync(join(tmpdir(), 'lingpai-import-')))
try {
  await main()
} finally {
  rmSync(place, { recursive: true, force: true })
}

async function main() {
  const directory = given.installed ?? join(place, 'application')
  if (given.installed === undefined) {
    mkdirSync(directory)
    await installPackages(['@lingpai/core', '@lingpai/provider-qq-bot', '@lingpai/cache-memory'], directory)
  }
  const platform = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'made-up', expires_in: 7200 }))
  })
  platform.listen(0, '127.0.0.1')
  await once(platform, 'listening')
  const files = { 'nothing.mjs': '', 'small-tokens.mjs': yardstick }
  for (const [name, body] of Object.entries(programs)) {
    files[`${name}.mjs`] = program(body, `http://127.0.0.1:${platform.address().port}/`)
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)

  const runs = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
  for (let round = 0; round <= given.rounds; round += 1) {
    for (const [name, done] of Object.entries(runs)) {
      const readings = JSON.parse(await node(['--expose-gc', `${name}.mjs`], directory))
      // The first round warms the file cache of the system.
      if (round > 0) done.push(Object.fromEntries(readings.map(({ name: step, ...reading }) => [step, reading])))
    }
  }
  const results = await resultsOf(runs, directory)
  platform.close()
  for (const name of Object.keys(files)) rmSync(join(directory, name))
  console.log(JSON.stringify({ node: process.version, rounds: given.rounds, results }, undefined, 2))
}

/** Medians: the time and processor time of each step, and memory at its end above that of the empty process. */
async function resultsOf(runs, directory) {
  const results = {}
  for (const [name, done] of Object.entries(runs)) {
    if (name === 'empty') continue
    const result = { files: await loadedFiles(name, directory) }
    for (const step of steps) {
      const above = (what) =>
        median(done.map((run) => run[step][what])) - median(runs.empty.map((run) => run.end[what]))
      result[step] = {
        ms: rounded(median(done.map((run) => run[step].ms))),
        processorMs: rounded(median(done.map((run) => run[step].processorMs))),
        rssMiB: rounded(above('rss') / 2 ** 20),
        heapMiB: rounded(above('heapUsed') / 2 ** 20),
      }
    }
    results[name] = result
  }
  return results
}

/** How many files below `directory` a program loads, besides itself: V8 lists all scripts when it collects coverage. */
async function loadedFiles(name, directory) {
  const coverage = mkdtempSync(join(place, 'coverage-'))
  await node(['--expose-gc', `${name}.mjs`], directory, { NODE_V8_COVERAGE: coverage })
  const scripts = readdirSync(coverage).flatMap((file) => JSON.parse(readFileSync(join(coverage, file), 'utf8')).result)
  const isOwn = (url) => url.endsWith(`/${name}.mjs`) || url.endsWith('/nothing.mjs')
  return scripts.filter(({ url }) => url.startsWith('file:') && !isOwn(url)).length
}

/** Runs a script in a new process. @returns what it prints */
async function node(args, cwd, env = {}) {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, NODE_OPTIONS: '', ...env } })
  let output = ''
  let problems = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (problems += chunk))
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed\n${output}${problems}`)
  return output
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

function rounded(value) {
  return Math.round(value * 10) / 10
}
