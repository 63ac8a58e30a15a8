import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { Agent, createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nodeFetch from 'node-fetch'
import { TokenManager, type LingpaiErrorOptions } from '@lingpai/core'
import { fileCache } from '@lingpai/cache-file'
import { memoryCache } from '@lingpai/cache-memory'
import { networkFault } from '../src/http/network-fault.js'
import { errorOf, stop, toy, toyAccount } from './scripted-platform.js'

interface Pair {
  readonly cert: string
  readonly key: string
}

let directory: string
let self: Pair
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lingpai-tls-'))
  self = certificate('self', { names: 'IP:127.0.0.1' })
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

const servers: Server[] = []
let connections = 0
afterEach(async () => {
  connections = 0
  await Promise.all(servers.splice(0).map(stop))
})

/** A self-signed certificate: the one to trust and the one to serve are the same. */
function certificate(name: string, { names, from = '250101000000Z', to = '490101000000Z' }: CertificateOptions): Pair {
  const [key, request, cert] = ['key', 'csr', 'crt'].map((kind) =>
    join(directory, `${name}.${kind}`),
  ) as unknown as Paths
  const config = join(directory, `${name}.cnf`)
  const database = join(directory, `${name}.txt`)
  writeFileSync(database, '')
  writeFileSync(`${database}.attr`, '')
  const authority = `[a]\ndatabase=${database}\nnew_certs_dir=${directory}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n`
  writeFileSync(config, `[ca]\ndefault_ca=a\n${authority}[p]\ncommonName=supplied\n`)
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  const run = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  run(['req', '-new', ...kind, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-out', request])
  const signing = ['-selfsign', '-keyfile', key, '-in', request, '-out', cert, '-notext', '-batch']
  run(['ca', '-config', config, ...signing, '-startdate', from, '-enddate', to])
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

interface CertificateOptions {
  readonly names: string
  readonly from?: string
  readonly to?: string
}

type Paths = readonly [key: string, request: string, cert: string]

async function serve(pair: Pair): Promise<string> {
  const server = createServer(pair, (_, response) => {
    response.end(JSON.stringify({ access_token: 'token-by-tls', expires_in: 7200 }))
  })
  server.on('connection', () => (connections += 1))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** `fetch` as the docs advise for a private certificate authority. */
function trusting(ca: string): typeof globalThis.fetch {
  const agent = new Agent({ ca })
  return ((url: string, init: object) => nodeFetch(url, { ...init, agent })) as unknown as typeof globalThis.fetch
}

async function failure(url: string, fetch?: typeof globalThis.fetch): Promise<unknown> {
  await using manager = new TokenManager({ cache: memoryCache(), ...(fetch && { fetch }) })
  return await errorOf(manager.source(toy.extend({ baseUrl: url }), toyAccount).getAccessToken())
}

function rejected(systemCode: string): LingpaiErrorOptions & { readonly details: object } {
  const hint = expect.stringMatching(/NODE_EXTRA_CA_CERTS.*`fetch`/) as string
  return { retryable: false, hint, details: { provider: 'toy', phase: 'connect', systemCode } }
}

test('a self-signed certificate costs one request, with a hint that names NODE_EXTRA_CA_CERTS and the fetch option', async () => {
  expect(await failure(await serve(self))).toMatchObject(rejected('DEPTH_ZERO_SELF_SIGNED_CERT'))
  expect(connections).toBe(1)
})

test('a fetch option that trusts the certificate gets the token', async () => {
  await using manager = new TokenManager({ cache: memoryCache(), fetch: trusting(self.cert) })
  const source = manager.source(toy.extend({ baseUrl: await serve(self) }), toyAccount)
  expect(await source.getAccessToken()).toBe('token-by-tls')
})

test('an expired certificate, and one of another host, cost one request, too', async () => {
  const old = certificate('old', { names: 'IP:127.0.0.1', to: '250102000000Z' })
  expect(await failure(await serve(old), trusting(old.cert))).toMatchObject(rejected('CERT_HAS_EXPIRED'))
  const other = certificate('other', { names: 'DNS:other.example' })
  expect(await failure(await serve(other), trusting(other.cert))).toMatchObject(
    rejected('ERR_TLS_CERT_ALTNAME_INVALID'),
  )
  expect(connections).toBe(2)
})

test('a rejected certificate starts a cool-down, and stays the same failure for others that share the cache', async () => {
  const url = await serve(self)
  for (let process = 0; process < 3; process += 1) {
    await using manager = new TokenManager({ cache: fileCache({ directory: join(directory, 'cache') }) })
    const source = manager.source(toy.extend({ baseUrl: url }), toyAccount)
    expect(await errorOf(source.getAccessToken())).toMatchObject(rejected('DEPTH_ZERO_SELF_SIGNED_CERT'))
    expect(source.status().lastFailure).toMatchObject({ errorClass: 'unknown' })
  }
  expect(connections).toBe(1)
})

test.each([
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE'],
  ...['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'CERT_SIGNATURE_FAILURE', 'CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'],
  ...['CRL_HAS_EXPIRED', 'ERROR_IN_CERT_NOT_BEFORE_FIELD', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_CHAIN_TOO_LONG', 'CERT_REVOKED'],
  ...['INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'HOSTNAME_MISMATCH'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
  ...['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
])('%s is a rejected certificate', (code) => {
  expect(networkFault(new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code }) }))).toEqual({
    phase: 'connect',
    systemCode: code,
    problem: 'certificate',
  })
})

test.each(['ECONNRESET', 'ENOTFOUND', 'UND_ERR_SOCKET', 'EPROTO'])(
  '%s does not mean a rejected certificate',
  (code) => {
    expect(networkFault(Object.assign(new Error(''), { code }))).not.toHaveProperty('problem')
  },
)

test('a base URL with https of a server without TLS, or with a port that fetch blocks, is not retried, and the hint says why', async () => {
  const plain = createPlainServer()
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  const { port } = plain.address() as AddressInfo
  const expected = { retryable: false, hint: expect.stringContaining('base URL') as string }
  const details = { phase: 'connect', problem: 'url' }
  expect(await failure(`https://127.0.0.1:${port}`)).toMatchObject({ ...expected, details })
  expect(await failure('http://127.0.0.1:10080')).toMatchObject({ ...expected, details })
  plain.close()
})
