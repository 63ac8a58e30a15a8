import type { CommandDefinition } from '../command.js'
import { configurationJsonSchema } from '../configuration/configuration-schema.js'
import { exitCodes } from '../exit-code.js'

/** `lingpai schema` */
export const schemaCommand: CommandDefinition = {
  syntax: 'schema',
  summary: 'print the JSON Schema of lingpai.yaml, for editors',
  usesConfiguration: false,
  examples: [['lingpai schema > lingpai.schema.json', 'the same file is in the package']],
  jsonShape: 'the schema on one line',
  run: async ({ output, options }) => {
    const schema = configurationJsonSchema()
    if (options.json) output.json(schema)
    else output.line(JSON.stringify(schema, null, 2))
    return exitCodes.ok
  },
}
