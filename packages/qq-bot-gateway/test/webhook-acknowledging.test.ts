import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bundled } from '../../testing/test/support/bundle.js'
import { qqBotWebhook, type QQBotWebhookOptions } from '../src/webhook/index.js'
import { appId, clientSecret, clock, groupMessage, signed } from './webhook-requests.js'

const program = bundled(new URL('children/webhook.ts', import.meta.url))

/** A handler whose work finishes when the test says so. */
function slowInstance(options: Partial<QQBotWebhookOptions> = {}) {
  const works: PromiseWithResolvers[] = []
  const handle = qqBotWebhook({
    appId,
    clientSecret,
    clock,
    acknowledge: 'handled',
    onDispatch: () => {
      const work = withResolvers()
      works.push(work)
      return work.promise
    },
    ...options,
  })
  return { works, handle }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

function withResolvers(): PromiseWithResolvers {
  let settle: Omit<PromiseWithResolvers, 'promise'> | undefined
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...settle! }
}

const body = groupMessage('M1', 'E1')

test('an event is acknowledged after it was handled, and a repeated one waits for the same call', async () => {
  const { works, handle } = slowInstance()
  let acknowledged = 0
  const responses = [handle(signed(body)), handle(signed(body))].map(async (response) => {
    const { status } = await response
    acknowledged += 1
    return status
  })
  await clock.advance(4000)
  expect([works.length, acknowledged]).toEqual([1, 0])
  works[0]?.resolve()
  expect(await Promise.all(responses)).toEqual([200, 200])
  expect((await handle(signed(body))).status).toBe(200)
  expect(works).toHaveLength(1)
})

test('an event whose handler fails is not acknowledged and is handed out again when repeated', async () => {
  const lines: string[] = []
  const note = (text: string, fields?: object): void => void lines.push(text + JSON.stringify(fields))
  const { works, handle } = slowInstance({ logger: { debug: note, info: note, warn: note, error: note } })
  const failed = handle(signed(body))
  await clock.settle()
  works[0]?.reject(new TypeError('PLANTED-SECRET'))
  expect((await failed).status).toBe(500)
  const done = handle(signed(body))
  await clock.settle()
  works[1]?.resolve()
  expect((await done).status).toBe(200)
  expect(works).toHaveLength(2)
  expect(lines).toEqual(['lingpai: qq webhook: the listener failed{"type":"GROUP_AT_MESSAGE_CREATE"}'])
})

test('a handler that throws synchronously counts as failed', async () => {
  const { handle } = slowInstance({ onDispatch: () => JSON.parse('{') as unknown })
  expect((await handle(signed(body))).status).toBe(500)
})

/** Starts a webhook in its own process, with a file cache. */
async function startWebhook(directory: string, acknowledge: string, work: 'hangs' | 'ends') {
  const options = JSON.stringify({ directory, acknowledge, work, appId, clientSecret, nowMs: clock.now() })
  const child = spawn(process.execPath, [await program, options], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const told: string[] = []
  lines.on('line', (line) => told.push(line))
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await once(lines, 'line')
  }
  await until(1)
  const post = async (request: Request): Promise<number | 'broken'> => {
    const { headers } = request
    const answer = fetch(`http://127.0.0.1:${told[0]}/`, { method: 'POST', headers, body: await request.text() })
    return answer.then(({ status }) => status).catch(() => 'broken' as const)
  }
  const kill = async (): Promise<void> => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }
  return { post, until, kill, events: () => told.slice(1) }
}

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lingpai-webhook-'))
  try {
    await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('an event acknowledged when handled is handed out again after a SIGKILL of its handler', () =>
  withDirectory(async (directory) => {
    const killed = await startWebhook(directory, 'handled', 'hangs')
    const lost = killed.post(signed(body))
    await killed.until(2)
    await killed.kill()
    expect(await lost).toBe('broken')
    const next = await startWebhook(directory, 'handled', 'ends')
    expect([await next.post(signed(body)), await next.post(signed(body))]).toEqual([200, 200])
    expect(next.events()).toEqual(['E1'])
    await next.kill()
  }))

test('an event acknowledged when received is handed out at most once, even after a SIGKILL', () =>
  withDirectory(async (directory) => {
    const killed = await startWebhook(directory, 'received', 'hangs')
    expect(await killed.post(signed(body))).toBe(200)
    await killed.until(2)
    await killed.kill()
    const next = await startWebhook(directory, 'received', 'ends')
    expect(await next.post(signed(body))).toBe(200)
    expect(next.events()).toEqual([])
    await next.kill()
  }))
