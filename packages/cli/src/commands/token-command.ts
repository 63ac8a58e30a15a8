import type { CommandDefinition } from '../command.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import { exitCodes } from '../exit-code.js'
import { exposures } from '../exposures.js'
import { accountArgument, accountNamed, openAccounts, secretOf } from '../open-accounts.js'
import { maskedToken, momentText, relativeText } from '../words.js'

/** `lingpai token <account>` */
export const tokenCommand: CommandDefinition = {
  syntax: 'token <account>',
  summary: 'get a usable token, from the cache or from the platform',
  args: { account: accountArgument },
  options: [['--reveal', 'print only the token itself']],
  usesConfiguration: true,
  examples: [
    ['lingpai token qq-bot', 'shows generation and expiry, not the token'],
    ['TOKEN=$(lingpai token qq-bot --reveal)', 'the token itself, for a script'],
  ],
  jsonShape: '{account, generation, issuedAtMs, expiresAtMs, expiresInSeconds, length}; with --reveal also token',
  run: async ({ io, output, args: [name = ''], options }) => {
    const configuration = await loadConfiguration(io, options)
    const account = accountNamed(configuration, name)
    const secret = await secretOf(account, io)
    for (const problem of exposures(account, secret)) output.warn(problem)
    const accounts = await openAccounts(configuration, { io, output })
    try {
      const source = accounts.source(account, secret)
      const record = await source.getRecord()
      const { value, generation, issuedAtMs, expiresAtMs } = record
      const isRevealed = options['reveal'] === true
      if (!isRevealed) output.hide(value)
      const nowMs = io.clock.now()
      if (options.json) {
        const expiresInSeconds = Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000))
        const facts = { account: name, generation, issuedAtMs, expiresAtMs, expiresInSeconds, length: value.length }
        output.json(isRevealed ? { ...facts, token: value } : facts)
      } else if (isRevealed) {
        output.reveal(value)
      } else {
        output.line(`${output.style.bold(name)}  ${source.toString()}`)
        output.line(`  token       ${maskedToken(record)}`)
        output.line(`  generation  ${generation}`)
        output.line(`  expires     ${momentText(expiresAtMs)} (${relativeText(expiresAtMs, nowMs)})`)
      }
      return exitCodes.ok
    } finally {
      await accounts.close()
    }
  },
}
