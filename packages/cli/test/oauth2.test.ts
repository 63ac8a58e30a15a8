import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { withHome, type Home } from './sandbox-home.js'

const secret = 'PLANTED-SECRET-of-a-configured-client'

/** A token endpoint whose tokens tell what was requested. */
interface TokenEndpoint {
  readonly tokenUrl: string
  readonly requests: { readonly path: string; readonly body: string; readonly authorization: string }[]
}

/** Runs `use` with a token endpoint on loopback. */
function withEndpoint(use: (home: Home, endpoint: TokenEndpoint) => Promise<void>): Promise<void> {
  return withHome(async (home) => {
    const requests: TokenEndpoint['requests'] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      request.on('end', () => {
        const { url: path = '', headers } = request
        requests.push({ path, body, authorization: headers.authorization ?? '' })
        const token = { access_token: `token-${requests.length}`, token_type: 'Bearer', expires_in: 3600 }
        // As Douyin does.
        const sent = headers['content-type'] === 'application/json' ? { data: { ...token, error_code: 0 } } : token
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(sent))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await use(home, { tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, requests })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
}

const env = { ORDERS_SECRET: secret }

function configuration(tokenUrl: string, more = ''): string {
  const common = `provider: oauth2, tokenUrl: "${tokenUrl}", clientId: shop, secretEnv: ORDERS_SECRET`
  return `cache: file:tokens
accounts:
  plain: { ${common} }
  reader: { ${common}, scope: "orders.read profile" }
  writer: { ${common}, scope: orders.write, audience: "https://api", clientAuthentication: client_secret_post${more} }
`
}

test('a file configures clients of any server, and other settings are another token', () =>
  withEndpoint(async ({ run, write }, { tokenUrl, requests }) => {
    await write('lingpai.yaml', configuration(tokenUrl))
    const tokenOf = async (name: string) =>
      (await run(['token', name, '--format', 'value'], { env, reveals: true })).stdout.trim()
    const names = ['plain', 'reader', 'writer', 'reader', 'plain']
    const tokens: string[] = []
    for (const name of names) tokens.push(await tokenOf(name))
    expect(tokens).toEqual(['token-1', 'token-2', 'token-3', 'token-2', 'token-1'])
    const basic = `Basic ${btoa(`shop:${secret}`)}`
    expect(requests).toEqual([
      { path: '/token', body: 'grant_type=client_credentials', authorization: basic },
      { path: '/token', body: 'grant_type=client_credentials&scope=orders.read+profile', authorization: basic },
      {
        path: '/token',
        body: expect.stringMatching(/&scope=orders.write&audience=.*&client_secret=/),
        authorization: '',
      },
    ])
  }))

test('variables configure one client, with its settings', () =>
  withEndpoint(async ({ run }, { tokenUrl, requests }) => {
    const { code } = await run(['token', 'oauth2'], {
      env: {
        OAUTH2_TOKEN_URL: tokenUrl,
        OAUTH2_CLIENT_ID: 'shop',
        OAUTH2_CLIENT_SECRET: secret,
        OAUTH2_SCOPE: 'orders.read',
        OAUTH2_AUDIENCE: ' ',
      },
    })
    expect([code, requests[0]?.body]).toEqual([0, 'grant_type=client_credentials&scope=orders.read'])
  }))

test('a wrong setting, a field that does not exist and an address without TLS are configuration errors', () =>
  withEndpoint(async ({ run, write }, { tokenUrl, requests }) => {
    for (const [text, words] of [
      [
        configuration(tokenUrl, ', audience2: x'),
        'audience2: is unknown for oauth2; the known fields are provider, tokenUrl, clientId, scope',
      ],
      [
        configuration(tokenUrl).replace('client_secret_post', 'magic'),
        'lingpai.yaml:5: accounts.writer.clientAuthentication: must be client_secret_basic or client_secret_post',
      ],
      [
        configuration(tokenUrl, ', preset: magic'),
        'lingpai.yaml:5: accounts.writer.preset: must be one of entra, auth0',
      ],
      [
        configuration(tokenUrl, ', parameters: "x=1&client_secret=PLANTED"'),
        'lingpai.yaml:5: accounts.writer.parameters: must not have client_secret: give the secret as',
      ],
      [configuration(tokenUrl, ', preset: zoom'), 'lingpai.yaml:5: accounts.writer.parameters: must have account_id'],
      [configuration('http://login.example.com/token'), 'tokenUrl is malformed'],
      [configuration(tokenUrl).replace('scope: orders.write', 'scope: ""'), 'scope: must not be empty'],
    ] as const) {
      await write('lingpai.yaml', text)
      const { code, stderr } = await run(['token', 'writer'], { env })
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
    }
    expect(requests).toEqual([])
  }))

test('a preset gives an account the shape of a platform that is not quite OAuth 2', () =>
  withEndpoint(async ({ run, write }, { tokenUrl, requests }) => {
    const common = `tokenUrl: "${tokenUrl}", clientId: shop, secretEnv: ORDERS_SECRET`
    await write('lingpai.yaml', `accounts:\n  app: { provider: oauth2, preset: douyin, ${common} }\n`)
    expect((await run(['token', 'app'], { env })).code).toBe(0)
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ client_key: 'shop', grant_type: 'client_credential' })
  }))

test('doctor requests a token of the account', () =>
  withEndpoint(async ({ run, write }, { tokenUrl }) => {
    await write('lingpai.yaml', configuration(tokenUrl))
    const { stdout } = await run(['doctor', 'reader'], { env })
    expect(stdout).toContain('reader token')
  }))

test('init writes the settings of the environment, and leaves out the others', () =>
  withEndpoint(async ({ run, directory }, { tokenUrl, requests }) => {
    const ids = { OAUTH2_TOKEN_URL: tokenUrl, OAUTH2_CLIENT_ID: 'shop', OAUTH2_SCOPE: 'orders.read profile' }
    expect((await run(['init', '--provider', 'oauth2'], { env: ids })).code).toBe(0)
    const text = await readFile(join(directory, 'lingpai.yaml'), 'utf8')
    expect(text).toContain('scope: "orders.read profile"')
    expect(text).toMatch(/# The API that the token is for\.\n +# audience: <audience>/)
    expect(text).toMatch(/# Another host for the API only\.\n +# apiBaseUrl: https:\/\/example\.com\n/)
    expect((await run(['token', 'oauth2'], { env: { OAUTH2_CLIENT_SECRET: secret } })).code).toBe(0)
    expect(requests[0]?.body).toBe('grant_type=client_credentials&scope=orders.read+profile')
  }))

test('the token server serves such a client, and another scope after a reload is another token', () =>
  withEndpoint(async (home, { tokenUrl, requests }) => {
    const common = `provider: oauth2, tokenUrl: "${tokenUrl}", clientId: shop, secretEnv: ORDERS_SECRET`
    const withScope = (scope: string) =>
      home.write(
        'lingpai.yaml',
        `cache: file:tokens\nserver: { port: 0 }\naccounts:\n  orders: { ${common}, scope: ${scope} }\n`,
      )
    await withScope('orders.read')
    const create = ['key', 'create', '--role', 'reader', '--accounts', '*', '--json']
    const { json } = await home.run(create, { env, reveals: true })
    const served = home.spawn(['serve', '--json', '--host', 'localhost'], env)
    const said = (stream: Readable, words: string): Promise<string> =>
      new Promise((resolve) => {
        let text = ''
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          if (text.includes(words)) resolve(text)
        })
      })
    const reloaded = said(served.process.stderr, 'the configuration was reloaded')
    const { url } = JSON.parse(await said(served.process.stdout, '\n')) as { readonly url: string }
    const tokenOf = async (): Promise<unknown> => {
      const headers = { authorization: `Bearer ${String(json['key'])}` }
      const response = await fetch(`${url}/v1/accounts/orders/token`, { headers })
      return ((await response.json()) as { readonly access_token?: string }).access_token
    }
    expect(await tokenOf()).toBe('token-1')
    await withScope('orders.write')
    await reloaded
    expect(await tokenOf()).toBe('token-2')
    const scopes = requests.map(({ body }) => new URLSearchParams(body).get('scope'))
    expect(scopes).toEqual(['orders.read', 'orders.write'])
  }))
