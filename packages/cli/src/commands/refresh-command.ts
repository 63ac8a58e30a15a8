import type { ResolvedRenewal } from '@lingpai/core'
import { renewalModes } from '@lingpai/core/internal'
import type { CommandDefinition } from '../command.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes } from '../exit-code.js'
import { exposures } from '../exposures.js'
import { accountArgument, accountNamed, openAccounts, secretOf } from '../open-accounts.js'
import { statusFromCache } from '../read-status.js'
import { durationText, momentText, relativeText } from '../words.js'

/** `lingpai refresh <account>` */
export const refreshCommand: CommandDefinition = {
  syntax: 'refresh <account>',
  summary: 'request a token from the platform now, even if the cache has one',
  args: { account: accountArgument },
  usesConfiguration: true,
  examples: [['lingpai refresh shop', 'after a secret was reset, or a token leaked']],
  jsonShape:
    '{account, isNew, before: {generation, expiresAtMs} or null, after: {generation, issuedAtMs, expiresAtMs}}',
  run: async ({ io, output, args: [name = ''], options }) => {
    const configuration = await loadConfiguration(io, options)
    const account = accountNamed(configuration, name)
    const secret = await secretOf(account, io)
    for (const problem of exposures(account, secret)) output.warn(problem)
    const accounts = await openAccounts(configuration, { io, output })
    try {
      const before = await statusFromCache(accounts.source(account, secret, { readonly: true }))
      const record = await accounts.source(account, secret).refresh({ note: 'lingpai refresh' })
      output.hide(record.value)
      const { generation, issuedAtMs, expiresAtMs } = record
      const isNew = generation !== before.generation
      if (options.json) {
        const { generation: earlier, expiresAtMs: expiredAtMs } = before
        const known = earlier === undefined ? null : { generation: earlier, expiresAtMs: expiredAtMs }
        output.json({ account: name, isNew, before: known, after: { generation, issuedAtMs, expiresAtMs } })
        return exitCodes.ok
      }
      output.line(`${output.style.bold(name)}  ${isNew ? 'has a new token' : 'the platform repeated its token'}`)
      output.line(`  generation  ${before.generation ?? 'none'} → ${generation}`)
      output.line(`  expires     ${momentText(expiresAtMs)} (${relativeText(expiresAtMs, io.clock.now())})`)
      if (!isNew) output.line(`  ${whyRepeated(account.provider.spec.renewal)}`)
      return exitCodes.ok
    } finally {
      await accounts.close()
    }
  },
}

function whyRepeated({ mode, windowSeconds }: Pick<ResolvedRenewal, 'mode' | 'windowSeconds'>): string {
  if (!renewalModes[mode].repeats || windowSeconds === 0)
    return 'This platform returns the same token until it expires.'
  return `This platform returns a new token only in the last ${durationText(windowSeconds * 1000)} of the old one.`
}
