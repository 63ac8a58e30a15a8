import { generateKey } from '@lingpai/cache-encrypted'
import { keysEnv } from '../caches.js'
import type { CommandDefinition } from '../command.js'
import { exitCodes } from '../exit-code.js'

/** `lingpai keygen` */
export const keygenCommand: CommandDefinition = {
  syntax: 'keygen',
  summary: 'create a key for an encrypted cache, and show where to put it',
  usesConfiguration: false,
  examples: [
    ['(umask 077; lingpai keygen > cache.key)', `writes a file for ${keysEnv}_FILE or encryption.keysFile`],
    [`export ${keysEnv}=$(lingpai keygen)`, 'for this shell and its child processes'],
  ],
  jsonShape: '{id, key}; key includes the id, as the variable or the file expects it',
  run: async ({ output, options }) => {
    const key = generateKey()
    const [id = ''] = key.split(':')
    if (options.json) {
      output.json({ id, key })
      return exitCodes.ok
    }
    output.reveal(key)
    for (const line of explanation(id)) output.note(line)
    return exitCodes.ok
  },
}

/** Printed to standard error, so that standard output contains only the key. */
function explanation(id: string): readonly string[] {
  return [
    `This is the key ${id}. Anyone who has it can read the tokens; without it, each account is fetched again.`,
    `Give it to every process on the cache: in ${keysEnv}, in a file (mode 0600) that ${keysEnv}_FILE names,`,
    'or in lingpai.yaml by encryption: { keysFile: <path> } or { keysEnv: <NAME> }; never as an argument.',
    'Separate several keys by commas or line breaks: the first one encrypts, all of them decrypt.',
    'To replace a key, add the new one after the old one everywhere, then move it to the front, then remove the old one.',
  ]
}
