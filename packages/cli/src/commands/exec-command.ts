import { ConfigError, isLingpaiError, type TokenRecord } from '@lingpai/core'
import type { CommandDefinition } from '../command.js'
import { loadConfiguration } from '../configuration/load-configuration.js'
import type { ConfiguredAccount } from '../configuration/configuration.js'
import { exposures } from '../exposures.js'
import { accountArgument, accountNamed, openAccounts, secretOf } from '../open-accounts.js'
import { runProgram } from '../run-program.js'
import { idVariables, tokenVariables } from '../token-variables.js'

/** `lingpai exec <accounts...> -- <program>` */
export const execCommand: CommandDefinition = {
  syntax: 'exec <accounts...>',
  takesProgram: true,
  summary: 'run a program with the tokens of accounts in its environment',
  args: { accounts: accountArgument },
  options: [
    ['--env <name>', 'put the token of a single account into this variable'],
    ['--min-life <seconds>', 'give tokens that live at least this long'],
  ],
  usesConfiguration: true,
  examples: [
    ['lingpai exec feishu -- lark-cli im +chat-list', 'with the variables that the tool reads'],
    ['lingpai exec shop --env TOKEN -- ./report.sh', 'the token is $TOKEN, and in no argument'],
  ],
  jsonShape: 'the output of the program, whose exit code is the result',
  run: async ({ io, output, args, options, program }) => {
    if (program.length === 0) {
      throw new ConfigError(
        'exec: no program to run',
        { field: 'program', problem: 'missing' },
        { hint: 'Put it after --, such as: lingpai exec qq-bot -- ./bot.sh' },
      )
    }
    const names = args.flat()
    const minLifeMs = secondsOf(options['minLife']) * 1000
    const configuration = await loadConfiguration(io, options)
    const asked = names.map((name) => accountNamed(configuration, name))
    const variables = asked.map((account) => ({ account, names: variablesOf(account, asked, options['env']) }))
    const accounts = await openAccounts(configuration, { io, output })
    const given: { readonly account: ConfiguredAccount; readonly record: TokenRecord }[] = []
    const env: Record<string, string> = {}
    try {
      for (const { account, names: ofToken } of variables) {
        const secret = await secretOf(account, io)
        for (const problem of exposures(account, secret)) output.warn(problem)
        const record = await accounts
          .source(account, secret)
          .getRecord({ minLifeMs })
          .catch((error: unknown) => {
            throw inWordsOfOptions(error, account)
          })
        output.hide(record.value)
        given.push({ account, record })
        for (const name of ofToken) env[name] = record.value
        Object.assign(env, idVariables(account, asked))
      }
    } finally {
      await accounts.close()
    }
    return runProgram(
      program,
      { ...io.env, ...env },
      (startedAtMs) => {
        const timers = given.map(({ account, record: { expiresAtMs } }) =>
          io.clock.setTimer(() => {
            output.warn(`the token of ${account.name} has expired, and the program has no other: start it again`)
          }, expiresAtMs - startedAtMs),
        )
        return () => {
          for (const timer of timers) timer.cancel()
        }
      },
      io.clock,
    )
  },
}

/** The variables of an account's token. @throws ConfigError for a name that cannot be one, or stands for two accounts */
function variablesOf(account: ConfiguredAccount, all: readonly ConfiguredAccount[], given: unknown): readonly string[] {
  if (typeof given !== 'string') return tokenVariables(account, all)
  const field = '--env'
  if (all.length > 1)
    throw new ConfigError('exec: --env names the variable of a single account', { field, problem: 'conflict' })
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(given))
    throw new ConfigError('exec: --env is not a name of a variable', { field, problem: 'malformed' })
  return [given]
}

/** The error for a life that no token of the account has, with the name of the option. Other errors are returned as they are. */
function inWordsOfOptions(error: unknown, { name }: ConfiguredAccount): unknown {
  if (!isLingpaiError(error) || error.code !== 'ERR_LINGPAI_CONFIG' || error.details.field !== 'minLifeMs') return error
  const text = `exec: --min-life must be at most half of the life of a token of ${name}`
  return new ConfigError(text, { field: '--min-life', problem: 'conflict' }, { cause: error })
}

function secondsOf(given: unknown): number {
  if (given === undefined) return 0
  const seconds = typeof given === 'string' && /^\d{1,7}$/.test(given) ? Number(given) : Number.NaN
  if (Number.isFinite(seconds)) return seconds
  throw new ConfigError('exec: --min-life must be a whole number of seconds', {
    field: '--min-life',
    problem: 'malformed',
  })
}
