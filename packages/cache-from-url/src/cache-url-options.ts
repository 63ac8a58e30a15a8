/** What paths in a URL are relative to. */
export interface CacheUrlPlace {
  /** What a relative path is relative to; absolute. @default the working directory of now */
  readonly cwd?: string
  /** What `~` at the beginning of a path is. @default the user's home directory */
  readonly home?: string
}

/** What a URL leaves open. */
export interface CacheFromUrlOptions extends CacheUrlPlace {
  /** For Redis: user name, instead of the one in the URL. */
  readonly username?: string
  /** For Redis: password, not percent-encoded, instead of the one in the URL. */
  readonly password?: string
  /** For Redis: user name at the sentinels. @default none */
  readonly sentinelUsername?: string
  /** For Redis: password at the sentinels. @default none */
  readonly sentinelPassword?: string
}
