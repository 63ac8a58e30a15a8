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
 * @returns the exit code; nothing is thrown
 */
export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<ExitCode> {
  const output = openOutput(io)
  const isJson = argv.includes('--json')
  try {
    refuseSecrets(argv)
    let code: ExitCode = exitCodes.ok
    const program = newProgram(output)
    for (const definition of commands) {
      addCommand(program, definition, async (args, options) => {
        // What works with no account asks nobody.
        const way = definition.usesConfiguration ? await behindProxies(io, output) : io
        code = await definition.run({ io: way, output, args, options })
      })
    }
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, output, isJson)
  }
}

/** A secret among the arguments is seen by every process of the host, and stays in the shell's history. */
function refuseSecrets(argv: readonly string[]): void {
  const flag = argv
    .map((text) => text.split('=')[0] ?? '')
    .find((text) => /^--?[a-z-]*(secret|password|passwd|keys?$)/i.test(text))
  if (flag === undefined) return
  throw new ConfigError(
    `${flag} is refused: a secret on the command line can be read by every process of this host`,
    { field: flag, problem: 'conflict' },
    { hint: 'Put it into an environment variable such as QQ_BOT_SECRET, or into a file named by QQ_BOT_SECRET_FILE.' },
  )
}

function newProgram({ plain }: Output): Command {
  return new Command('lingpai')
    .description('Lingpai 令牌: access tokens of QQ bots, WeChat and WeCom, shared by all processes, never dead.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
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
  const command = program.command(name).description(summary).helpOption('-h, --help', 'print this')
  for (const argument of names) command.argument(argument, args[argument.replace(/\W/g, '')])
  for (const [flags, description] of options) command.option(flags, description)
  if (usesConfiguration) {
    command.option('--config <path>', 'another lingpai.yaml')
    command.option('--allow-world-readable', 'use secret files that everybody on this host can read')
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
Accounts come from lingpai.yaml (searched from here upward; --config or LINGPAI_CONFIG name another), or, where there is
none, from the environment: QQ_BOT_APP_ID and QQ_BOT_SECRET make the account qq-bot. A secret may also stand in a file:
QQ_BOT_SECRET_FILE. Tokens are kept in a private directory of yours; LINGPAI_CACHE names another place:
file:<directory>, sqlite:<file>, redis://<host>; LINGPAI_CACHE_KEYS encrypts what is kept (lingpai keygen makes a key).
HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured.

Examples:
  export QQ_BOT_APP_ID=… QQ_BOT_SECRET=…
  lingpai token qq-bot                          get a token, and show when it expires
  lingpai doctor                                find out what does not work, and what to do
  lingpai sandbox                               the platforms on this machine, with accounts to play with

Exit codes: 0 done; 1 the platform, the cache or the network failed; 2 wrong arguments or configuration;
3 doctor found something that does not work. NO_COLOR switches colour off.`

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Says what went wrong, in the way that was asked for. */
function explain(error: unknown, output: Output, isJson: boolean): ExitCode {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && code.startsWith('commander.'))
    return explainUsage(error as UsageError, output, isJson)
  const failure = failureOf(error)
  output.fail(failure)
  if (isJson) output.json({ error: failure })
  return code === 'ERR_LINGPAI_CONFIG' ? exitCodes.usage : exitCodes.failed
}

/** What the parser of arguments throws; it does so for --help and --version, too. */
interface UsageError {
  readonly code: string
  readonly exitCode: number
  readonly message: string
}

function explainUsage({ code, exitCode, message }: UsageError, output: Output, isJson: boolean): ExitCode {
  if (exitCode === 0) return exitCodes.ok
  // Without a command, the help text has said it all.
  if (code !== 'commander.help') {
    // The parser quotes `--option=value`, and the value is nobody's business.
    const words = message.replace(/^error: /, '').replace(/=[^'\n]*/g, '')
    const failure = { code: 'ERR_LINGPAI_CONFIG', message: words, hint: 'lingpai --help lists the commands.' }
    output.fail(failure)
    if (isJson) output.json({ error: failure })
  }
  return exitCodes.usage
}
