import { createServer } from 'node:http'
import { connect } from 'node:net'
import { Agent } from 'node:https'

/**
 * A server that is both hosts of DingTalk, on a simulator: the packages send no prefix.
 *
 * @param {string} simulatorUrl
 */
export async function localPlatform(simulatorUrl) {
  const server = createServer(async (request, response) => {
    const prefix = request.headers.host === 'oapi.dingtalk.com' ? '/dingtalk/oapi' : '/dingtalk'
    const parts = []
    for await (const part of request) parts.push(part)
    const token = request.headers['x-acs-dingtalk-access-token']
    const answer = await fetch(simulatorUrl + prefix + request.url, {
      method: request.method,
      headers: { 'content-type': 'application/json', ...(token && { 'x-acs-dingtalk-access-token': String(token) }) },
      ...(parts.length > 0 && { body: Buffer.concat(parts) }),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    /** For packages that take the host as an option. */
    endpoint: `127.0.0.1:${port}`,
    /** For packages that have it in their code: connections for any host lead here, without TLS. */
    agent: Object.assign(new Agent(), { createConnection: () => connect(port, '127.0.0.1') }),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
