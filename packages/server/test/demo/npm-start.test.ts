import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const run = promisify(execFile)

let child: ChildProcess
let text: string

beforeEach(async () => {
  text = ''
  // The script without npm, which would exit by the signal no matter what the program does.
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string }
  }
  child = spawn('sh', ['-c', `exec ${scripts.start} --port 0`], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString()
      if (text.includes('/_sim/ledger\n')) resolve()
    })
    child.once('exit', () => reject(new Error(`npm start ended at once:\n${text}`)))
  })
})

afterEach(() => void child.kill('SIGKILL'))

/** Runs a printed line in a shell and returns its output. */
async function shell(line: string): Promise<string> {
  return (await run('sh', ['-c', line])).stdout
}

test('npm start serves the page and the commands that it prints, and Ctrl-C shuts it down gracefully', async () => {
  const [, page = ''] = /status page +(\S+)/.exec(text) ?? []
  const [, key = ''] = /sign in with +(lpk_\S+)/.exec(text) ?? []
  const html = await fetch(page)
  expect(html.status).toBe(200)
  expect(await html.text()).toMatch(/<html/i)
  const session = await fetch(`${page}session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-lingpai-csrf': '1' },
    body: JSON.stringify({ key }),
  })
  expect(session.status).toBe(204)

  const lines = text.split('\n').filter((line) => line.startsWith('  curl ') && !line.includes('/v1/events'))
  const outputs = []
  for (const line of lines) outputs.push(await shell(line))
  const [token, facade, revoked, healed, timeline, metrics, failing, changed, mended, ledger] = outputs
  expect(JSON.parse(token!)).toMatchObject({ access_token: expect.stringMatching(/^simtok_/), generation: 1 })
  expect(JSON.parse(facade!)).toMatchObject({ access_token: JSON.parse(token!).access_token })
  expect(JSON.parse(revoked!)).toEqual({ ok: true })
  expect(JSON.parse(healed!)).toMatchObject({ generation: 2, token_type: 'QQBot' })
  expect(JSON.parse(timeline!).events[0]).toMatchObject({ event: 'refresh-failed', class: 'ip-denied' })
  expect(metrics).toContain('lingpai_token_refreshes_total')
  expect(JSON.parse(failing!).error).toMatchObject({
    platform_code: 40164,
    hint: { en: expect.stringContaining('127.0.0.1') },
  })
  expect(JSON.parse(changed!)).toEqual({ ok: true })
  expect(JSON.parse(mended!)).toMatchObject({ access_token: expect.stringMatching(/^simtok_/) })
  expect(JSON.parse(ledger!)).toMatchObject({ dead: { expired: 0, revoked: 0 } })
  expect(outputs).toHaveLength(10)

  const stream = lines.length === 10 && text.split('\n').find((line) => line.includes('/v1/events'))
  expect(await shell(`${stream} --max-time 1 || true`)).toMatch(/event: status\ndata: \{"name":"bot"/)

  child.kill('SIGINT')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect([code, signal]).toEqual([0, null])
  await expect(fetch(page)).rejects.toThrow()
})
