import type { CommandDefinition } from './command.js'
import { doctorCommand } from './commands/doctor-command.js'
import { execCommand } from './commands/exec-command.js'
import { initCommand } from './commands/init-command.js'
import { keygenCommand } from './commands/keygen-command.js'
import { keyCommand } from './commands/key-command.js'
import { refreshCommand } from './commands/refresh-command.js'
import { sandboxCommand } from './commands/sandbox-command.js'
import { schemaCommand } from './commands/schema-command.js'
import { serveCommand } from './commands/serve-command.js'
import { statusCommand } from './commands/status-command.js'
import { tokenCommand } from './commands/token-command.js'

/** All commands in the order of the help text. */
export const commands: readonly CommandDefinition[] = [
  sandboxCommand,
  initCommand,
  doctorCommand,
  tokenCommand,
  execCommand,
  statusCommand,
  refreshCommand,
  serveCommand,
  keyCommand,
  keygenCommand,
  schemaCommand,
]
