/** The upstream that a contender asks for tokens. */
export interface Upstream {
  /** Base URL without a trailing slash. */
  readonly url: string
  /** Sends a request to it. Contenders that take a function for this get this one. */
  readonly fetch: typeof globalThis.fetch
}

/** A library under test, with its own way to keep tokens. */
export interface Contender {
  /** Name of its npm package. */
  readonly name: string
  /**
   * How long before expiry it asks for the next token, in seconds, if no option can change that. Scenarios with tokens of a shorter
   * life leave it out.
   */
  readonly fixedMarginSeconds?: number
  /** Prepares the library for a number of accounts, without a request. */
  open(upstream: Upstream, accounts: number): OpenContender
}

/** A library that is ready for calls. Accounts are numbered from 0. */
export interface OpenContender {
  /** Returns a token as the library's documentation shows it. */
  getToken(account: number): Promise<string>
  /** What a program can call after an API has rejected the token; absent if the library offers nothing. */
  readonly replaceRejected?: (account: number, token: string) => Promise<string>
  /** Starts to refresh an account without calls; absent if the library can't. */
  readonly startBackground?: (account: number) => void
  readonly close?: () => Promise<void>
}

/**
 * Id of an account, in the format that WeChat uses; other platforms take any text. It is in one piece, as a program reads it from a file;
 * V8 would keep a template's result as a chain of its parts, which takes three times the memory.
 */
export function accountId(account: number): string {
  return Buffer.from(`wx${String(account).padStart(16, '0')}`).toString()
}

/** The secret of every account. */
export const accountSecret = 'PLANTED-SECRET-0123456789abcdef'
