import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificate } from '../../../testing/test/support/certificate.js'
import { temporaryDirectories } from '../../../testing/test/support/temporary-directory.js'
import { driversOf, languages, type Outcome } from './client-driver.js'
import { openClientWorld, type ClientWorld } from './client-world.js'
import type { FacadeWorldOptions } from '../facades/facade-world.js'

const account = 'shop'
const directory = temporaryDirectories()
const { cert, key: privateKey } = certificate('tokens')

let close: (() => Promise<void>) | undefined
afterEach(async () => {
  await close?.()
  close = undefined
})

async function openWorld(options?: FacadeWorldOptions): Promise<ClientWorld> {
  const world = await openClientWorld(options)
  close = world.close
  return world
}

describe.each(languages)('the $name client', (language) => {
  const start = driversOf(language)

  language.test('trusts a certificate of SSL_CERT_FILE only, and follows the event stream over TLS', async () => {
    const world = await openWorld({ tls: { cert, key: privateKey } })
    const file = join(await directory(), 'tokens.crt')
    await writeFile(file, cert)
    const options = { url: world.url, key: world.key([account]) }
    const stranger = await start(options)
    expect(await stranger.ask({ do: 'token', account })).toMatchObject([{ error: 'TransportError' }])
    const driver = await start(options, { SSL_CERT_FILE: file })
    expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
    await world.source.refresh()
    expect(await driver.ask({ do: 'until-changed', account })).toEqual(world.current())
  })
})

describe.each(languages.filter(({ name }) => name === 'Python'))('the $name client', (language) => {
  const start = driversOf(language)

  language.test('works in a forked child, which asks for its own token', async () => {
    const world = await openWorld()
    const driver = await start({ url: world.front.url, key: world.key([account]) })
    await driver.ask({ do: 'token', account, callers: 10 })
    expect(await driver.ask<Outcome>({ do: 'fork', account })).toEqual(world.current())
    expect(world.front.count('GET /v1/accounts/shop/token')).toBe(2)
    expect(await driver.ask({ do: 'token', account })).toEqual([world.current()])
    expect(world.front.count('GET /v1/accounts/shop/token')).toBe(2)
  })
})
