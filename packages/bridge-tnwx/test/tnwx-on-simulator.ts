import type { Simulator } from '@lingpai/testing/simulator'
import { ApiConfig, ApiConfigKit, AxiosHttpKit, DefaultCache, HttpKit, QyApiConfigKit } from 'tnwx'

/** TNW has the hosts of its requests in its code. */
const prefixes: Readonly<Record<string, string>> = { 'api.weixin.qq.com': '/wechat', 'qyapi.weixin.qq.com': '/wecom' }

/** TNW's own HTTP client, with its requests on the simulated platforms. */
function httpOn({ url }: Simulator): AxiosHttpKit {
  const toSimulator = (target: string): string => {
    const { hostname } = new URL(target)
    return target.replace(`https://${hostname}`, `${url}${prefixes[hostname] ?? ''}`)
  }
  return new Proxy(new AxiosHttpKit(), {
    get: (kit, method) => {
      const send = kit[method as keyof AxiosHttpKit] as (url: string, ...rest: unknown[]) => Promise<unknown>
      return (target: string, ...rest: unknown[]) => send.call(kit, toSimulator(target), ...rest)
    },
  })
}

export interface WechatApp {
  readonly appId: string
  readonly appSecret: string
}

export interface WecomApp {
  readonly corpId: string
  readonly agentId: string
  readonly corpSecret: string
}

/** TNW as it is after its start, with these apps. Its state is static, so it is all set again. */
export function startTnwx(
  simulator: Simulator,
  wechat: readonly WechatApp[] = [simulator.accounts.wechat],
  wecom: readonly WecomApp[] = [simulator.accounts.wecom],
): void {
  HttpKit.setHttpDelegate = httpOn(simulator)
  ApiConfigKit.CFG_MAP.clear()
  QyApiConfigKit.CFG_MAP.clear()
  ApiConfigKit.setCache = new DefaultCache()
  QyApiConfigKit.setCache = new DefaultCache()
  for (const { appId, appSecret } of wechat) ApiConfigKit.putApiConfig(new ApiConfig(appId, appSecret, 'not-used'))
  for (const { agentId, corpId, corpSecret } of wecom) {
    QyApiConfigKit.putApiConfig(new ApiConfig(agentId, corpSecret, 'not-used', false, 'not-used', corpId))
  }
  const [app] = wechat
  const [agent] = wecom
  if (app !== undefined) ApiConfigKit.setCurrentAppId(app.appId)
  if (agent !== undefined) QyApiConfigKit.setCurrentAppId(agent.agentId, agent.corpId)
}

/** TNW prints the ids of a WeCom app at each call. */
export function silenceTnwx(): void {
  const { debug } = console
  beforeAll(() => {
    console.debug = () => undefined
  })
  afterAll(() => {
    console.debug = debug
  })
}

/** Calls at once. @returns the number of those that failed, or in whose body is an error */
export async function failuresOf(count: number, call: (index: number) => Promise<unknown>): Promise<number> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => call(index)))
  return outcomes.filter(
    (outcome) => outcome.status === 'rejected' || Boolean((outcome.value as { readonly errcode?: number }).errcode),
  ).length
}
