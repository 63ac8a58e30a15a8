import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Responds to a request without the framework. @returns whether it did; otherwise nothing has been sent or counted */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean

/** Offers each request of a server to a shortcut first. */
export function addShortcut(server: Server, shortcut: Shortcut): void {
  const [route] = server.listeners('request') as ((...given: Parameters<Shortcut>) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (!isAnswered(shortcut, request, response)) route?.call(server, request, response)
  })
}

/** Tries the shortcut. What fails there fails in the route, too, which has a response for it; here it would end the process. */
function isAnswered(shortcut: Shortcut, request: IncomingMessage, response: ServerResponse): boolean {
  try {
    return shortcut(request, response)
  } catch {
    return response.headersSent
  }
}
