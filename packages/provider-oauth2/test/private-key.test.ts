import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundled } from '../../testing/test/support/bundle.js'
import { temporaryDirectories } from '../../testing/test/support/temporary-directory.js'
import { keyPair, oidcServers } from './oidc-server.js'
import { scriptedServers } from './scripted-server.js'

const startOidc = oidcServers()
const startServer = scriptedServers()
const temporaryDirectory = temporaryDirectories()
const client = bundled(new URL('children/key-client.ts', import.meta.url))

/** Runs the program, and returns everything that it printed. */
async function run(task: object): Promise<string> {
  const child = spawn(process.execPath, [await client, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')))
  await new Promise((resolve) => child.once('close', resolve))
  return printed
}

/** The text of all files of a directory. */
async function written(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map(async (file) => `${file}\n${await readFile(file, 'utf8')}`))).join('\n')
}

test('private_key_jwt works, and neither key nor assertion is in records, log, events, errors or output', async () => {
  const { pem, jwk } = keyPair()
  const { tokenUrl, apiUrl, counts } = await startOidc(jwk)
  const { url: quotingUrl, received } = await startServer(({ body }) => ({
    status: 401,
    body: { error: 'invalid_client', error_description: `cannot verify ${body}` },
  }))
  const directory = await temporaryDirectory()
  const printed = await run({ tokenUrl, apiUrl, quotingUrl, directory, pem })
  const files = await written(directory)

  expect(printed).toMatch(/^200$/m)
  expect(printed).toContain("platformCode: 'invalid_client'")
  expect(printed).toContain('the end')
  expect(await counts()).toEqual({ token: 1, api: 1, rejected: 0 })
  expect(files).toContain('key-client')

  const assertion = new URLSearchParams(received[0]?.body).get('client_assertion') ?? ''
  expect(assertion.split('.')).toHaveLength(3)
  const key = pem.replaceAll(/-----[^-]+-----|\s/g, '')
  for (const secret of [key, ...assertion.split('.').slice(1)])
    for (let start = 0; start + 12 <= secret.length; start += 1) {
      const piece = secret.slice(start, start + 12)
      expect([piece, printed.includes(piece), files.includes(piece)]).toEqual([piece, false, false])
    }
  // The assertion for oidc-provider is not known here, but each JWT begins like this.
  expect(printed + files).not.toMatch(/eyJ[\w-]{10}/)
}, 60_000)
