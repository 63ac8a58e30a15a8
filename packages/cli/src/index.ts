export type { CommandIo, TextSink } from './command-io.js'
export { configurationJsonSchema } from './configuration/configuration-schema.js'
export { exitCodes, type ExitCode } from './exit-code.js'
export { run } from './run.js'
