// A registry on loopback that has only the packed tarballs. `.npmrc` makes npm use it for `@lingpai/…` only, so applications are
// installed as users install them, without the lockfile and the overrides of the workspace.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * @param tarballs {file, manifest} of each package
 * @returns the lines for `.npmrc`, and a function that closes it
 */
export async function startRegistry(tarballs) {
  const packuments = new Map()
  const files = new Map()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://registry').pathname)
    const file = files.get(path)
    if (file !== undefined) return void response.end(file)
    const packument = packuments.get(path)
    response.writeHead(packument === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(packument ?? { error: 'not found' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  for (const { file, manifest } of tarballs) {
    const { name, version } = manifest
    const tarball = readFileSync(file)
    const path = `/${name}/-/${version}.tgz`
    files.set(path, tarball)
    const dist = {
      tarball: `${url}${path}`,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
      shasum: createHash('sha1').update(tarball).digest('hex'),
    }
    packuments.set(`/${name}`, {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
    })
  }
  return {
    npmrc: `@lingpai:registry=${url}/\n`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
