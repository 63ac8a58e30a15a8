import type { CommandContext, CommandDefinition } from '../command.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes, type ExitCode } from '../exit-code.js'
import { accountsNamed, openAccounts } from '../open-accounts.js'
import { problemOf, readStatus, type AccountStatus } from '../read-status.js'
import { relativeText, tableLines } from '../words.js'

/** `lingpai status [account]` */
export const statusCommand: CommandDefinition = {
  syntax: 'status [account]',
  summary: 'show the accounts in the shared cache; sends no request to a platform',
  args: { account: 'show this account only' },
  usesConfiguration: true,
  examples: [
    ['lingpai status', 'all accounts'],
    ['lingpai status shop --json', 'one account, for a script'],
  ],
  jsonShape:
    '{cache, accounts: [{account, provider, state, generation?, issuedAtMs?, expiresAtMs?, refreshAtMs?, lastFailure?, problem?}]}; state is none, valid, expiring, expired, failing or misconfigured',
  run: async (context) => {
    const { io, output, args, options } = context
    const configuration = await loadConfiguration(io, options)
    const wanted = accountsNamed(configuration, args[0])
    let cacheFailure: string | undefined
    const accounts = await openAccounts(configuration, {
      io,
      output,
      onCacheFailure: (text) => {
        cacheFailure = text
      },
    })
    try {
      const lacking = args[0] === undefined ? configuration.misconfigured : []
      const found: readonly AccountStatus[] = [
        ...(await Promise.all(wanted.map((account) => readStatus(account, accounts, io)))),
        ...lacking.map(({ name, error }) => ({ account: { name, providerName: name }, ...problemOf(error) })),
      ]
      if (options.json) output.json({ cache: configuration.cache.shown, accounts: found.map(jsonOf) })
      else print(context, configuration.cache.shown, found)
      return conclude(context, found, cacheFailure)
    } finally {
      await accounts.close()
    }
  },
}

function jsonOf(found: AccountStatus): object {
  const base = { account: found.account.name, provider: found.account.providerName }
  if ('problem' in found) return { ...base, state: 'misconfigured', problem: found.problem }
  const { account: _, hasBackgroundRefresh: __, ...facts } = found.status
  return { ...base, ...facts }
}

function print({ io, output }: CommandContext, cacheUrl: string, found: readonly AccountStatus[]): void {
  const nowMs = io.clock.now()
  const at = (moment: number | undefined): string => (moment === undefined ? '-' : relativeText(moment, nowMs))
  const rows = found.map((one): readonly string[] => {
    const { name, providerName } = one.account
    if ('problem' in one) return [name, 'misconfigured', '-', '-', '-', providerName]
    const { state, generation, expiresAtMs, refreshAtMs } = one.status
    return [name, state, String(generation ?? '-'), at(expiresAtMs), at(refreshAtMs), providerName]
  })
  const [head = '', ...lines] = tableLines([
    ['ACCOUNT', 'STATE', 'GENERATION', 'EXPIRES', 'REFRESH', 'PROVIDER'],
    ...rows,
  ])
  output.line(output.style.bold(head))
  for (const line of lines) output.line(line)
  output.line(
    output.style.dim(
      `cache ${cacheUrl}${cacheUrl === 'memory:' ? ' (in one process only: other processes cannot see it)' : ''}`,
    ),
  )
  for (const one of found) {
    if ('problem' in one || one.status.lastFailure === undefined) continue
    const { message, retryAtMs, hint } = one.status.lastFailure
    output.line(
      `${one.account.name}: ${message}; next attempt ${at(retryAtMs)}${hint === undefined ? '' : `. ${hint}`}`,
    )
  }
}

function conclude(
  { output }: CommandContext,
  found: readonly AccountStatus[],
  cacheFailure: string | undefined,
): ExitCode {
  if (cacheFailure !== undefined) {
    output.fail({ code: 'ERR_LINGPAI_CACHE', message: cacheFailure, hint: 'Run lingpai doctor to check the cache.' })
    return exitCodes.failed
  }
  const misconfigured = found.flatMap((one) => ('problem' in one ? [one] : []))
  for (const { problem, hint } of misconfigured) {
    output.fail({ code: 'ERR_LINGPAI_CONFIG', message: problem, ...(hint !== undefined && { hint }) })
  }
  return misconfigured.length === 0 ? exitCodes.ok : exitCodes.usage
}
