import { ConfigError } from '@lingpai/core'
import type { Simulator } from '@lingpai/testing'
import type { CommandContext, CommandDefinition } from '../command.js'
import { exitCodes } from '../exit-code.js'
import { knownProviders, type KnownProvider, type ProviderName } from '../known-providers.js'
import { portOf } from '../port-of.js'

/** `lingpai sandbox` */
export const sandboxCommand: CommandDefinition = {
  syntax: 'sandbox',
  summary: 'run the three platforms on this machine with demo accounts; press Ctrl-C to stop',
  options: [['--port <number>', 'listen on this port (default: any free one)']],
  usesConfiguration: false,
  examples: [
    ['lingpai sandbox', 'prints commands for another terminal'],
    ['lingpai sandbox --port 8080', 'the same address each time'],
  ],
  jsonShape: '{url, accounts: [{account, baseUrl, env, curl}], ledger}, once it listens; its secrets are not real',
  run: async (context) => {
    const { io, options } = context
    const port = options['port'] === undefined ? 0 : portOf(options['port'])
    const stopped = io.stopped()
    const simulator = await start(port)
    try {
      print(context, simulator)
      await stopped
      return exitCodes.ok
    } finally {
      await simulator.close()
    }
  },
}

async function start(port: number): Promise<Simulator> {
  // Imported here, because only this command needs the simulator.
  const { startSimulator } = await import('@lingpai/testing')
  try {
    return await startSimulator({ port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    throw new ConfigError(
      `port ${port} ${code === 'EACCES' ? 'requires more privileges' : 'is already in use'}`,
      { field: 'port', problem: 'conflict' },
      { hint: 'Omit --port to use a free port.' },
    )
  }
}

/** A demo account as shell commands. */
interface DemoLines {
  readonly account: string
  readonly title: string
  readonly baseUrl: string
  readonly env: Readonly<Record<string, string>>
  readonly curl: string
}

function demoLines({ url, accounts: { qq, wechat, wecom } }: Simulator): readonly DemoLines[] {
  const json = (body: object): string => `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  const stable = { grant_type: 'client_credential', appid: wechat.appId, secret: wechat.appSecret }
  const query = new URLSearchParams({ corpid: wecom.corpId, corpsecret: wecom.corpSecret }).toString()
  return [
    demo('qq-bot', `${url}/qq`, qq, `curl -s ${url}/qq/app/getAppAccessToken ${json(qq)}`),
    demo('wechat-mp', `${url}/wechat`, wechat, `curl -s ${url}/wechat/cgi-bin/stable_token ${json(stable)}`),
    demo('wecom', `${url}/wecom`, wecom, `curl -s '${url}/wecom/cgi-bin/gettoken?${query}'`),
  ]
}

function demo(
  account: ProviderName,
  baseUrl: string,
  credentials: Readonly<Record<string, string>>,
  curl: string,
): DemoLines {
  const { provider, baseUrlEnv, title }: KnownProvider = knownProviders[account]
  const env = Object.entries(credentials).map(([field, value]): readonly [string, string] => [
    provider.spec.env?.[field]?.[0] ?? field,
    value,
  ])
  return { account, title, baseUrl, env: { ...Object.fromEntries(env), [baseUrlEnv]: baseUrl }, curl }
}

function print({ output, options }: CommandContext, simulator: Simulator): void {
  const demos = demoLines(simulator)
  const ledger = `${simulator.url}/_sim/ledger`
  if (options.json) {
    output.json({ url: simulator.url, accounts: demos.map(({ title: _, ...lines }) => lines), ledger })
    return
  }
  const { bold, dim } = output.style
  output.line(
    `${bold('Lingpai sandbox 令牌')}  ${simulator.url}  ${dim('(press Ctrl-C to stop; nothing here is real)')}`,
  )
  for (const { account, title, baseUrl, env, curl } of demos) {
    output.line()
    output.line(`${bold(title)}  ${baseUrl}`)
    output.line(
      `  export ${Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
    )
    output.line(`  ${curl}`)
    output.line(`  lingpai token ${account}`)
  }
  output.line()
  output.line(dim('Show all requests, revoke a token, deny an address:'))
  output.line(`  curl -s ${ledger}`)
  output.line(`  curl -s ${simulator.url}/_sim/revoke -d '{"target":"qq"}'`)
  output.line(`  curl -s ${simulator.url}/_sim/change -d '{"account":"wechat","ipAllow":["203.0.113.9"]}'`)
}
