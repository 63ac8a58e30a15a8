import { isLingpaiError } from '@lingpai/core'
import type { CommandContext, CommandDefinition } from '../command.js'
import { canAsk } from '../ask-secret.js'
import type { Configuration, ConfiguredAccount } from '../configuration/configuration.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { checkAccount } from '../doctor/check-account.js'
import { checkCache } from '../doctor/check-cache.js'
import { checkNode } from '../doctor/check-node.js'
import { findingsOf, type Finding } from '../doctor/finding.js'
import { exitCodes, type ExitCode } from '../exit-code.js'
import { accountsNamed } from '../open-accounts.js'
import { proxyWords } from '../proxies.js'

/** `lingpai doctor [account]` */
export const doctorCommand: CommandDefinition = {
  syntax: 'doctor [account]',
  summary: 'check configuration, secrets, cache, platforms and clock, and show how to fix problems',
  args: { account: 'check this account only' },
  usesConfiguration: true,
  examples: [
    ['lingpai doctor', 'all accounts'],
    ['lingpai doctor shop --json', 'one account, for a script; exit code 3 for a failure'],
  ],
  jsonShape: '{ok, counts: {ok, warn, fail}, checks: [{result, subject, check, message, action?, ip?}]}',
  run: async (context) => {
    const { io, output, options } = context
    const findings: Finding[] = []
    const report = (found: readonly Finding[]): void => {
      findings.push(...found)
      if (options.json !== true) for (const finding of found) print(context, finding)
    }
    report([checkNode(io.nodeVersion), ...proxyFinding(io.env)])
    const plan = await planOf(context)
    report(plan.findings)
    if (plan.configuration !== undefined) {
      const cache = await checkCache(plan.configuration.cache, context)
      report(cache)
      // Without a cache, accounts cannot be checked.
      if (!cache.some(({ check, result }) => check === 'open' && result === 'fail'))
        report(await examine(plan, context))
    }
    const counts = { ok: 0, warn: 0, fail: 0 }
    for (const { result } of findings) counts[result] += 1
    if (options.json) output.json({ ok: counts.fail === 0, counts, checks: findings })
    else output.line(`${counts.ok} ok, ${counts.warn} warn, ${counts.fail} fail`)
    return (counts.fail === 0 ? exitCodes.ok : exitCodes.findings) satisfies ExitCode
  },
}

/** Reports the proxies, if there are any. */
function proxyFinding(env: CommandContext['io']['env']): readonly Finding[] {
  const words = proxyWords(env)
  return words === '' ? [] : [findingsOf('lingpai').ok('proxy', words)]
}

interface Plan {
  readonly findings: readonly Finding[]
  readonly configuration?: Configuration
  readonly accounts: readonly ConfiguredAccount[]
}

/** Loads what must be checked. The problems of a wrong configuration become findings. */
async function planOf({ io, args, options }: CommandContext): Promise<Plan> {
  const { ok, fail } = findingsOf('lingpai')
  try {
    const configuration = await loadConfiguration(io, options)
    const accounts = accountsNamed(configuration, args[0])
    const names = accounts.map(({ name }) => name).join(', ')
    const lacking = args[0] === undefined ? configuration.misconfigured : []
    const parts = lacking.map(({ name, error }) =>
      findingsOf(name).fail('configuration', error.message, { action: error.hint }),
    )
    return {
      configuration,
      accounts,
      findings: [ok('configuration', `${configuration.path ?? 'from the environment'}: ${names}`), ...parts],
    }
  } catch (error) {
    if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG') throw error
    const lines = error.message.split('\n')
    return { accounts: [], findings: lines.map((line) => fail('configuration', line, { action: error.hint })) }
  }
}

/** Checks accounts concurrently, unless the user may have to enter their secrets one after the other. */
async function examine({ accounts, configuration }: Plan, context: CommandContext): Promise<readonly Finding[]> {
  if (configuration === undefined) return []
  const check = (account: ConfiguredAccount): Promise<readonly Finding[]> =>
    checkAccount(account, configuration, context)
  if (!canAsk(context.io)) return (await Promise.all(accounts.map(check))).flat()
  const found: Finding[] = []
  for (const account of accounts) found.push(...(await check(account)))
  return found
}

function print({ output }: CommandContext, { result, subject, check, message, action }: Finding): void {
  const { green, yellow, red, bold } = output.style
  const paint = { ok: green, warn: yellow, fail: red }[result]
  const suffix = action === undefined || result === 'ok' ? '' : ` → ${action}`
  output.line(`${paint(result.padEnd(4))}  ${bold(subject)} ${check}: ${message}${suffix}`)
}
