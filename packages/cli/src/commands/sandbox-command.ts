import { ConfigError, type RequestSpec } from '@lingpai/core'
import type { Simulator } from '@lingpai/testing/simulator'
import type { CommandContext, CommandDefinition } from '../command.js'
import { exitCodes } from '../exit-code.js'
import { knownProviders, providerNames, type ProviderName } from '../known-providers.js'
import { portOf } from '../port-of.js'

/** `lingpai sandbox` */
export const sandboxCommand: CommandDefinition = {
  syntax: 'sandbox',
  summary: 'run simulated platforms on this machine with demo accounts; press Ctrl-C to stop',
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
  const { startSimulator } = await import('@lingpai/testing/simulator')
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

/** Returns the accounts of the environment whose platform is simulated. */
function demoLines(simulator: Simulator): readonly DemoLines[] {
  const demoAccounts: Readonly<Record<string, Readonly<Record<string, string>>>> = { ...simulator.accounts }
  return providerNames.flatMap((name) => {
    const { isFromEnv, simulator: platform = '' } = knownProviders[name]
    const credentials = demoAccounts[platform]
    return isFromEnv && credentials !== undefined ? [demo(simulator, name, credentials)] : []
  })
}

function demo(simulator: Simulator, account: ProviderName, credentials: Readonly<Record<string, string>>): DemoLines {
  const { provider, baseUrlEnv = '', title } = knownProviders[account]
  const { spec } = simulator.provider(provider)
  const baseUrl = spec.baseUrl ?? simulator.url
  const env = Object.entries(credentials).map(([field, value]): readonly [string, string] => [
    spec.env?.[field]?.[0] ?? field,
    value,
  ])
  return {
    account,
    title,
    baseUrl,
    env: { ...Object.fromEntries(env), [baseUrlEnv]: baseUrl },
    curl: curlLine(baseUrl, spec.request(credentials)),
  }
}

/** Returns the token request as a shell command. */
function curlLine(baseUrl: string, { url, query, json, form }: RequestSpec): string {
  const address = `${baseUrl}${url}`
  if (json !== undefined) return `curl -s ${address} -H 'content-type: application/json' -d '${JSON.stringify(json)}'`
  if (form !== undefined) return `curl -s ${address} -d '${new URLSearchParams(form).toString()}'`
  return `curl -s '${address}?${new URLSearchParams(query).toString()}'`
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
