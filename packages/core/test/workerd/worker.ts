// The worker that workerd.test.ts runs inside Cloudflare's runtime; bundled by esbuild as wrangler does.
import { memoryCache } from '@lingpai/cache-memory'
import { ApiConfigKit, isLingpaiError, TokenManager, type TokenSource } from '@lingpai/core'
import { qqBot } from '@lingpai/provider-qq-bot'

interface Environment {
  readonly UPSTREAM: string
  readonly TOKENS: {
    idFromName(name: string): unknown
    get(id: unknown): { fetch(request: Request): Promise<Response> }
  }
}

const credentials = { appId: '102000001', clientSecret: 'made-up' }

// The mistake that the typed error is about: the manager is created while the module is loaded, and all requests use
// it.
const shared = new TokenManager({ cache: memoryCache(), timeoutMs: 500 })
const inModule = shared.source(qqBot, credentials)

/** Each instance has one manager, and every request of an account goes to one instance. */
export class Tokens {
  readonly #source: TokenSource

  constructor(_state: unknown, { UPSTREAM }: Environment) {
    const tokens = new TokenManager({ cache: memoryCache() })
    this.#source = tokens.source(qqBot.extend({ baseUrl: UPSTREAM }), credentials)
    this.#source.startBackgroundRefresh()
  }

  fetch(): Promise<Response> {
    return answer(() => this.#source.getAccessToken())
  }
}

const routes: Readonly<Record<string, (env: Environment, request: Request) => Promise<Response> | Response>> = {
  '/object': ({ TOKENS }, request) => TOKENS.get(TOKENS.idFromName('qq-bot:102000001')).fetch(request),
  '/request': ({ UPSTREAM }) =>
    answer(() => new TokenManager({ cache: memoryCache() }).source(qqBotAt(UPSTREAM), credentials).getAccessToken()),
  '/left-behind': ({ UPSTREAM }) => {
    shared
      .source(qqBotAt(UPSTREAM), credentials)
      .getAccessToken()
      .catch(() => undefined)
    return new Response('answered before the token came')
  },
  '/module': ({ UPSTREAM }) => answer(() => shared.source(qqBotAt(UPSTREAM), credentials).getAccessToken()),
  '/peek': () => answer(async () => inModule.peek() ?? 'none'),
  '/kit': () =>
    answer(async () => {
      const name = ApiConfigKit.putApiConfig(qqBot, credentials).source.toString()
      ApiConfigKit.setCurrentAppId(name)
      return name
    }),
  '/kit-run': () =>
    answer(async () => {
      ApiConfigKit.putApiConfig(qqBot, credentials)
      return ApiConfigKit.run(credentials.appId, () => ApiConfigKit.getApiConfig().source.toString())
    }),
}

function qqBotAt(baseUrl: string) {
  return qqBot.extend({ baseUrl })
}

async function answer(work: () => Promise<string>): Promise<Response> {
  try {
    return Response.json({ value: await work() })
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return Response.json({ code: isLingpaiError(error) ? error.code : 'untyped', message, hint })
  }
}

const worker = {
  fetch(request: Request, env: Environment): Promise<Response> | Response {
    const route = routes[new URL(request.url).pathname]
    return route === undefined ? new Response(null, { status: 404 }) : route(env, request)
  },
}

export { worker as default }
