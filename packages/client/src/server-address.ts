import { ConfigError } from '@lingpai/core'

/** The address of a token server: an origin, and a path prefix if a proxy serves it below one. */
export interface ServerAddress {
  /** Gives the URL of `path`, which begins with a slash. */
  readonly at: (path: string) => string
  /** The base URL as shown in messages, such as `https://tokens.internal`. */
  readonly shown: string
}

/** Reads a server's URL. @throws ConfigError */
export function serverAddress(url: string): ServerAddress {
  const problem = problemOf(url)
  if (problem !== undefined) {
    throw new ConfigError(
      `TokenServerClient: "url" must ${problem}`,
      { field: 'url', problem: url === '' ? 'empty' : 'malformed' },
      { hint: 'Use the address that `lingpai serve` prints, such as https://tokens.internal:4180.' },
    )
  }
  const { origin, pathname } = new URL(url)
  const base = origin + pathname.replace(/\/+$/, '')
  return { at: (path) => base + path, shown: base }
}

function problemOf(url: unknown): string | undefined {
  if (typeof url !== 'string' || url === '') return 'be a non-empty string'
  if (!URL.canParse(url)) return 'be a URL'
  const { protocol, username, password, search, hash } = new URL(url)
  if (!/^https?:$/.test(protocol)) return 'be an http or https URL'
  // These parts would be sent with each request and shown in errors.
  return username + password + search + hash === '' ? undefined : 'consist of an origin and a path only'
}
