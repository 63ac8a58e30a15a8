import { ConfigError } from '../errors.js'

/** The path and mode of a file that holds a secret. */
export interface PrivateFileMode {
  readonly path: string
  /** The mode as `fs.stat` returns it. */
  readonly mode: number
}

/** The file's user, and what is allowed. */
export interface PrivateFileRules {
  /** Prefix of errors, such as `shop` or `server`. */
  readonly owner: string
  /** The option or environment variable that names the file. */
  readonly field: string
  /** Whether a world-readable file is accepted. */
  readonly allowWorldReadable: boolean
}

/** Who else can access a file, and what to do about it. */
export interface Exposure {
  readonly text: string
  readonly action: string
}

/**
 * Checks the mode of a file that holds a secret.
 *
 * @returns `undefined` if only its owner can access it, or the system has no modes
 * @throws ConfigError for a world-readable file, unless that is allowed
 */
export function exposureOf({ path, mode }: PrivateFileMode, rules: PrivateFileRules): Exposure | undefined {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return undefined
  const { owner, field, allowWorldReadable } = rules
  const isWorldReadable = (mode & 0o004) !== 0
  const others = mode & 0o040 ? 'read by its group' : 'changed by others'
  const text = `${path} can be ${isWorldReadable ? 'read by everybody' : others} (${(mode & 0o777).toString(8).padStart(4, '0')})`
  if (!isWorldReadable || allowWorldReadable) return { text, action: `chmod 600 ${path}` }
  throw new ConfigError(
    `${owner}: ${text}; chmod 600 it, or set "allowWorldReadable" (--allow-world-readable) where its mode cannot be changed`,
    { field, problem: 'conflict' },
  )
}
