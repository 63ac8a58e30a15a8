import { generateKey } from '@lingpai/cache-encrypted'
import { keysEnv } from '../caches.js'
import type { CommandDefinition } from '../command.js'
import { exitCodes } from '../exit-code.js'

/** `lingpai keygen` */
export const keygenCommand: CommandDefinition = {
  syntax: 'keygen',
  summary: 'make a key for an encrypted cache, and say where to put it',
  usesConfiguration: false,
  examples: [
    ['(umask 077; lingpai keygen > cache.key)', `a file, for ${keysEnv}_FILE or encryption.keysFile`],
    [`export ${keysEnv}=$(lingpai keygen)`, 'this shell and what it starts'],
  ],
  jsonShape: '{id, key}; key is the whole text, id and all, as the variable or the file takes it',
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

/** Goes to standard error, so that standard output is the key and nothing else. */
function explanation(id: string): readonly string[] {
  return [
    `This is the key ${id}. Whoever has it can read the tokens; without it, each account is fetched anew.`,
    `Give it to every process on the cache, not by an argument: by ${keysEnv}, by a file (mode 0600)`,
    `that ${keysEnv}_FILE names, or in lingpai.yaml by encryption: { keysFile: <path> } or { keysEnv: <NAME> }.`,
    'Several keys stand one after the other, with a comma or on lines of their own: the first encrypts, all decrypt.',
    'To replace a key, first add the new one behind the old one everywhere, then put it first, then take the old one out.',
  ]
}
