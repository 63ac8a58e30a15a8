import type { CommandIo } from './command-io.js'
import type { ExitCode } from './exit-code.js'
import type { Output } from './output.js'

/** What a command receives. */
export interface CommandContext {
  readonly io: CommandIo
  readonly output: Output
  /** The arguments in the order of the syntax; a missing optional argument is absent. */
  readonly args: readonly string[]
  /** What stands after `--`: the program of `exec` with its arguments. */
  readonly program: readonly string[]
  /** The options by name: `--dry-run` is `dryRun`. */
  readonly options: CommandOptions
}

/** The given options; {@link CommandDefinition.options} lists the possible ones. */
export interface CommandOptions extends Readonly<Record<string, unknown>> {
  readonly json?: true
  readonly config?: string
  readonly allowWorldReadable?: true
}

/** A command: a file below `commands/`, and a line in `commands.ts`. */
export interface CommandDefinition {
  /** Name and arguments: `token <account>`. */
  readonly syntax: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Whether what stands after `--` is a program with its arguments. */
  readonly takesProgram?: true
  /** Description of each argument, by its name in the syntax. */
  readonly args?: Readonly<Record<string, string>>
  /** Flags and their descriptions: `['--port <number>', 'listen on this port']`. */
  readonly options?: readonly (readonly [flags: string, description: string])[]
  /** Whether the command uses accounts and takes `--config`. */
  readonly usesConfiguration: boolean
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** Describes the object that `--json` prints. */
  readonly jsonShape: string
  readonly run: (context: CommandContext) => Promise<ExitCode>
}
