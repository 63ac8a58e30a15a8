/** What the server tells of an account, by an event or in its list. Never a token. */
export interface ServerNews {
  /** Name of the account. */
  readonly account: string
  /** Which token the server has now; absent when it has none. */
  readonly generation: number | undefined
}

/** The news in one of the server's objects: an account's status, or the data of `rotated`; `undefined` for anything else. */
function newsIn(value: unknown): ServerNews | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, account = name, generation } = value as Readonly<Record<string, unknown>>
  if (typeof account !== 'string') return undefined
  return { account, generation: typeof generation === 'number' ? generation : undefined }
}

/** The same from a JSON text. */
export function newsInText(text: string): ServerNews | undefined {
  return newsIn(parsed(text))
}

/** The news of all accounts in the answer of `GET /v1/accounts`. */
export function newsInList(text: string): readonly ServerNews[] {
  const { accounts } = Object(parsed(text)) as { readonly accounts?: unknown }
  return Array.isArray(accounts) ? accounts.map(newsIn).filter((news) => news !== undefined) : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
