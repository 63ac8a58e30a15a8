/** Base of the paths in a URL. */
export interface CacheUrlPlace {
  /** Absolute base of a relative path. @default the current working directory */
  readonly cwd?: string
  /** The directory that `~` at the start of a path stands for. @default the user's home directory */
  readonly home?: string
}

/** Options in addition to the URL. */
export interface CacheFromUrlOptions extends CacheUrlPlace {
  /** For Redis: user name, which overrides the one in the URL. */
  readonly username?: string
  /** For Redis: password, not percent-encoded, which overrides the one in the URL. */
  readonly password?: string
  /** For Redis: user name for the sentinels. @default none */
  readonly sentinelUsername?: string
  /** For Redis: password for the sentinels. @default none */
  readonly sentinelPassword?: string
}
