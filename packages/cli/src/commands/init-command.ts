import { writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ConfigError } from '@lingpai/core'
import { cachePlace, hasPassword } from '../caches.js'
import type { CommandDefinition } from '../command.js'
import { configurationFileName } from '../configuration/find-configuration-file.js'
import { passwordInFile } from '../configuration/load-configuration.js'
import { configurationTemplate } from '../configuration/configuration-template.js'
import { exitCodes } from '../exit-code.js'
import { providerNames, type ProviderName } from '../known-providers.js'

/** `lingpai init` */
export const initCommand: CommandDefinition = {
  syntax: 'init',
  summary: 'write a commented lingpai.yaml without secrets',
  options: [
    ['--provider <names>', `one of ${providerNames.join(', ')}, or several with commas (default: qq-bot)`],
    ['--cache <url>', 'memory:, file:<directory>, sqlite:<file>, redis://<host> … (default: file:.lingpai)'],
    ['--force', 'overwrite an existing file'],
  ],
  usesConfiguration: true,
  examples: [
    ['lingpai init --provider wecom', 'an app of WeCom, tokens in the directory .lingpai'],
    ['lingpai init --provider qq-bot,wechat-mp', 'two accounts'],
  ],
  jsonShape: '{path, providers, cache, overwritten}',
  run: async ({ io, output, options }) => {
    const { provider = 'qq-bot', cache = 'file:.lingpai', force = false, config } = options
    const providers = String(provider).split(',').map(providerNamed)
    const path = config === undefined ? join(io.cwd, configurationFileName) : resolve(io.cwd, config)
    // Reports an invalid URL now instead of in the next command.
    cachePlace(String(cache), io.cwd, io.env)
    if (hasPassword(String(cache))) throw passwordInFile('--cache')
    const overwritten = await write(path, configurationTemplate(providers, String(cache), io.env), force === true)
    if (options.json) {
      output.json({ path, providers, cache, overwritten })
      return exitCodes.ok
    }
    output.line(`${overwritten ? 'Overwrote' : 'Wrote'} ${path}. Next:`)
    output.line('  1. replace the placeholders <…> by your ids')
    output.line('  2. set the environment variables named by secretEnv')
    output.line('  3. lingpai doctor')
    if (/^(file|sqlite):[^/~]/.test(String(cache)))
      output.line(`Keep ${String(cache).replace(/^\w+:/, '')} out of version control.`)
    return exitCodes.ok
  },
}

function providerNamed(text: string): ProviderName {
  const name = providerNames.find((known) => known === text.trim())
  if (name !== undefined) return name
  throw new ConfigError(
    `--provider ${text}: unknown provider`,
    { field: 'provider', problem: 'unknown' },
    {
      hint: `Known providers: ${providerNames.join(', ')}.`,
    },
  )
}

/** @returns whether the file existed before */
async function write(path: string, text: string, isForced: boolean): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return false
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && isForced) {
      await writeFile(path, text)
      return true
    }
    const exists = code === 'EEXIST'
    throw new ConfigError(
      exists ? `${path} already exists` : `${path} cannot be written (${code})`,
      { field: 'config', problem: 'conflict' },
      { hint: exists ? `Check ${basename(path)}; --force overwrites it.` : 'Choose another path with --config.' },
    )
  }
}
