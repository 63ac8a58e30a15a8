import type { CommandIo } from './command-io.js'
import type { ExitCode } from './exit-code.js'
import type { Output } from './output.js'

/** What a command is given. */
export interface CommandContext {
  readonly io: CommandIo
  readonly output: Output
  /** The command's arguments, in the order of its syntax; a missing optional one is absent. */
  readonly args: readonly string[]
  /** The options by name: `--dry-run` is `dryRun`. */
  readonly options: CommandOptions
}

/** Options as they were given; {@link CommandDefinition.options} says which there can be. */
export interface CommandOptions extends Readonly<Record<string, unknown>> {
  readonly json?: true
  readonly config?: string
  readonly allowWorldReadable?: true
}

/** One command: a file below `commands/`, and a line in the table of `commands.ts`. */
export interface CommandDefinition {
  /** Name and arguments: `token <account>`. */
  readonly syntax: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Meaning of each argument, by its name in the syntax. */
  readonly args?: Readonly<Record<string, string>>
  /** Flags and what they do: `['--port <number>', 'listen here']`. */
  readonly options?: readonly (readonly [flags: string, description: string])[]
  /** Whether it works with accounts, and so takes `--config`. */
  readonly usesConfiguration: boolean
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** The object that `--json` prints, in words that stay true. */
  readonly jsonShape: string
  readonly run: (context: CommandContext) => Promise<ExitCode>
}
