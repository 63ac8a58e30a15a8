/** What the server announces about an account, by an event or in its account list. Never contains a token. */
export interface AccountUpdate {
  /** Name of the account. */
  readonly account: string
  /** Generation of the server's current token; absent if it has none. */
  readonly generation: number | undefined
}

/** Reads an account's status or the data of a `rotated` event; `undefined` for anything else. */
function updateIn(value: unknown): AccountUpdate | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, account = name, generation } = value as Readonly<Record<string, unknown>>
  if (typeof account !== 'string') return undefined
  return { account, generation: typeof generation === 'number' ? generation : undefined }
}

/** Reads the update in a JSON text. */
export function updateInText(text: string): AccountUpdate | undefined {
  return updateIn(parsed(text))
}

/** Reads the updates of all accounts in the response of `GET /v1/accounts`. */
export function updatesInList(text: string): readonly AccountUpdate[] {
  const { accounts } = Object(parsed(text)) as { readonly accounts?: unknown }
  return Array.isArray(accounts) ? accounts.map(updateIn).filter((update) => update !== undefined) : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
