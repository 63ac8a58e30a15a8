import { ConfigError } from '../errors.js'

/** A file that holds something secret. */
export interface PrivateFileMode {
  readonly path: string
  /** As `fs.stat` tells it. */
  readonly mode: number
}

/** Whose file it is, and what is allowed. */
export interface PrivateFileRules {
  /** How errors begin: `shop`, `server`. */
  readonly owner: string
  /** The option or variable that names the file. */
  readonly field: string
  /** Whether a file that everybody can read is used. */
  readonly allowWorldReadable: boolean
}

/** Who else can get at a file, and what to do. */
export interface Exposure {
  readonly text: string
  readonly action: string
}

/**
 * Judges the mode of a file that holds something secret.
 *
 * @returns `undefined` where only its owner can use it, or the system has no modes
 * @throws ConfigError for a file that everybody can read, unless that is allowed
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
