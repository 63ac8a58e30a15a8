import { ConfigError } from '../errors.js'
import { spells } from '../secrecy/redact.js'
import { heldTokens } from '../state/account-state.js'
import type { AccountContext } from '../state/account-context.js'

/** Asserts that a note reveals no secret of the account and no token that this process knows: the event and the log show it. */
export function assertNote<C>({ spec, credentials, volatile, state, parent }: AccountContext<C>, note: string): void {
  const secrets = spec.secrets.map((field) => credentials[field])
  const known = [...heldTokens(state), parent?.peek(), ...secrets, ...Object.values(volatile)]
  if (!known.some((text) => typeof text === 'string' && spells(note, text))) return
  throw new ConfigError('refresh: "note" must not contain a token or secret of the account', {
    field: 'note',
    problem: 'conflict',
  })
}
