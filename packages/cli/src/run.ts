import { readFileSync } from 'node:fs'
import { ConfigError } from '@lingpai/core'
import { Command } from 'commander'
import type { CommandDefinition, CommandOptions } from './command.js'
import { processIo, type CommandIo } from './command-io.js'
import { commands } from './commands.js'
import { exitCodes, type ExitCode } from './exit-code.js'
import { failureOf, openOutput, type Output } from './output.js'
import { behindProxies } from './proxies.js'

/**
 * Runs the command `lingpai`.
 *
 * @param argv arguments without `node` and the script
 * @returns the exit code; never rejects
 */
export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<ExitCode> {
  const output = openOutput(io)
  const { own, program: childProgram } = split(argv)
  const isJson = own.includes('--json')
  try {
    assertNoSecrets(own)
    let code: ExitCode = exitCodes.ok
    const program = newProgram(output)
    for (const definition of commands) {
      addCommand(program, definition, async (args, options) => {
        // A command without accounts sends no requests.
        const network = definition.usesConfiguration ? await behindProxies(io, output) : io
        code = await definition.run({ io: network, output, args, options, program: childProgram })
      })
    }
    await program.parseAsync([...own], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, output, isJson)
  }
}

/** Separates the arguments of a program that is started from those of the command. */
function split(argv: readonly string[]): { readonly own: readonly string[]; readonly program: readonly string[] } {
  const end = argv.indexOf('--')
  const takesProgram = commands.some(({ syntax, takesProgram: takes }) => takes && syntax.split(' ')[0] === argv[0])
  return end < 0 || !takesProgram
    ? { own: argv, program: [] }
    : { own: argv.slice(0, end), program: argv.slice(end + 1) }
}

/** Every process on the host can see a secret among the arguments, and it stays in the shell's history. */
function assertNoSecrets(argv: readonly string[]): void {
  const flag = argv
    .map((text) => text.split('=')[0] ?? '')
    .find((text) => /^--?[a-z-]*(secret|password|passwd|keys?$)/i.test(text))
  if (flag === undefined) return
  throw new ConfigError(
    `${flag} is not allowed: every process on this host can read a secret on the command line`,
    { field: flag, problem: 'conflict' },
    { hint: 'Use an environment variable such as QQ_BOT_SECRET, or a file that QQ_BOT_SECRET_FILE names.' },
  )
}

function newProgram({ plain }: Output): Command {
  return new Command('lingpai')
    .description(
      'Lingpai 令牌: the access tokens of your bots and apps, shared by all processes and refreshed in time.',
    )
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: plain.out, writeErr: plain.err, outputError: () => undefined })
    .addHelpText('after', generalHelp)
}

function addCommand(
  program: Command,
  definition: CommandDefinition,
  action: (args: readonly string[], options: CommandOptions) => Promise<void>,
): void {
  const { syntax, summary, args = {}, options = [], usesConfiguration, examples, jsonShape } = definition
  const [name = '', ...names] = syntax.split(' ')
  const command = program.command(name).description(summary).helpOption('-h, --help', 'print this help')
  for (const argument of names) command.argument(argument, args[argument.replace(/\W/g, '')])
  if (definition.takesProgram) command.usage(`[options] ${names.join(' ')} -- <program> [arguments]`)
  for (const [flags, description] of options) command.option(flags, description)
  if (usesConfiguration) {
    command.option('--config <path>', 'use this file instead of lingpai.yaml')
    command.option('--allow-world-readable', 'accept secret files that every user of this host can read')
  }
  command.option('--json', 'print one JSON object')
  const lines = examples.map(([example, meaning]) => `  ${example.padEnd(44)}  ${meaning}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n\nWith --json: ${jsonShape}`)
  command.action(async (...given: readonly unknown[]) => {
    const positional = given.slice(0, names.length).filter((value) => value !== undefined)
    await action(positional as string[], given[names.length] as CommandOptions)
  })
}

const generalHelp = `
Accounts come from lingpai.yaml in this directory or one of its parents; --config or LINGPAI_CONFIG name another file. Without
a file they come from the environment: QQ_BOT_APP_ID and QQ_BOT_SECRET define the account qq-bot, and QQ_BOT_SECRET_FILE names
a file with the secret. Tokens are stored in a private directory of yours, or in the cache that LINGPAI_CACHE names:
file:<directory>, sqlite:<file>, redis://<host>. LINGPAI_CACHE_KEYS encrypts them (lingpai keygen creates a key).
HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honored.

Examples:
  export QQ_BOT_APP_ID=… QQ_BOT_SECRET=…
  lingpai token qq-bot                          get a token, and show when it expires
  lingpai doctor                                check everything, and show how to fix problems
  lingpai sandbox                               run simulated platforms with demo accounts on this machine

Exit codes: 0 done; 1 the platform, the cache or the network failed; 2 wrong arguments or configuration;
3 doctor found a failure. NO_COLOR disables colors.`

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Prints an error as text, and with `--json` as an object. */
function explain(error: unknown, output: Output, isJson: boolean): ExitCode {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && code.startsWith('commander.'))
    return explainUsage(error as UsageError, output, isJson)
  const failure = failureOf(error)
  output.fail(failure)
  if (isJson) output.json({ error: failure })
  return code === 'ERR_LINGPAI_CONFIG' ? exitCodes.usage : exitCodes.failed
}

/** The argument parser throws this error, also for --help and --version. */
interface UsageError {
  readonly code: string
  readonly exitCode: number
  readonly message: string
}

function explainUsage({ code, exitCode, message }: UsageError, output: Output, isJson: boolean): ExitCode {
  if (exitCode === 0) return exitCodes.ok
  // Without a command, the parser has printed the help text.
  if (code !== 'commander.help') {
    // The parser quotes `--option=value`, and the value may be a secret.
    const words = message.replace(/^error: /, '').replace(/=[^'\n]*/g, '')
    const failure = { code: 'ERR_LINGPAI_CONFIG', message: words, hint: 'lingpai --help lists the commands.' }
    output.fail(failure)
    if (isJson) output.json({ error: failure })
  }
  return exitCodes.usage
}
