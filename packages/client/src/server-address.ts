import { ConfigError } from '@lingpai/core'

/** Where a token server is: an origin, with a path prefix where a proxy puts it below one. */
export interface ServerAddress {
  /** A path below the server's own root, which `path` starts with a slash for. */
  readonly at: (path: string) => string
  /** `https://tokens.internal`, for people. */
  readonly shown: string
}

/** Reads a server's URL. @throws ConfigError */
export function serverAddress(url: string): ServerAddress {
  const problem = problemOf(url)
  if (problem !== undefined) {
    throw new ConfigError(
      `token server: url is ${problem}`,
      { field: 'url', problem: url === '' ? 'empty' : 'malformed' },
      { hint: 'Give the address that lingpai serve prints, such as https://tokens.internal:4180.' },
    )
  }
  const { origin, pathname } = new URL(url)
  const base = origin + pathname.replace(/\/+$/, '')
  return { at: (path) => base + path, shown: base }
}

function problemOf(url: unknown): string | undefined {
  if (typeof url !== 'string' || url === '') return 'missing'
  if (!URL.canParse(url)) return 'no URL'
  const { protocol, username, password, search, hash } = new URL(url)
  if (!/^https?:$/.test(protocol)) return 'neither http nor https'
  // They would be sent along with each request, and printed with each error.
  return username + password + search + hash === '' ? undefined : 'more than an origin and a path'
}
