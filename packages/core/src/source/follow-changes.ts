import { lookAtCache } from '../record/read-record.js'
import type { AccountContext } from '../state/account-context.js'
import { oneAtATime } from '../time/one-at-a-time.js'

/** Looks at the cache as soon as another process has reported a token, rather than at the next look. @returns a function that ends it */
export function followChanges<C>(context: AccountContext<C>): (() => void) | undefined {
  // A parent's token is looked at when the derived one is refreshed. A parent is never closed on its own, so it would listen forever.
  if (context.isNested) return undefined
  const { state } = context
  let look: (() => void) | undefined
  return context.onChange(({ generation = Infinity }) => {
    if (state.unsettled.refresh !== undefined || generation <= (state.record?.generation ?? 0)) return
    look ??= oneAtATime(() => lookAtCache(context))
    look()
  })
}
