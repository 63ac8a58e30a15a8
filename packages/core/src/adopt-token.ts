import { abortable } from './abortable.js'
import { keep, lookAtCache, type AccountContext } from './account-context.js'
import { isRejectedRecord } from './cell.js'
import { ConfigError, LeaseError } from './errors.js'
import { forgetFailure } from './failure-memory.js'
import { giveBack, takeLease } from './lease.js'
import { pause } from './pause.js'
import { isMoment, isTokenText, storedRecord, type StoredRecord } from './token-record.js'
import type { OutsideToken } from './token-source.js'
import { writeRecord } from './write-record.js'

const waitMs = 100

/**
 * Makes a token from outside the record: after a refresh under way, under the lease, with the next generation.
 *
 * @throws ConfigError naming the field, or for a token that an API rejected; LeaseError when the store could not be written in time
 */
export async function adoptToken<C>(
  context: AccountContext<C>,
  token: OutsideToken,
  signal: AbortSignal | undefined,
): Promise<StoredRecord> {
  const { cell, clock, gate, spec, timeoutMs, closing } = context
  const { value, expiresAtMs } = checked(context, token)
  const endsAtMs = clock.monotonic() + timeoutMs
  for (;;) {
    // What a refresh brings that began before is older than what the caller holds.
    await abortable(cell.flight?.promise.catch(() => undefined) ?? Promise.resolve(undefined), signal)
    const lease = await takeLease(gate, clock, context.key)
    if (lease !== 'busy' && lease !== 'unknown') {
      const isUp = (await lookAtCache(context)) !== 'down'
      const { record: base } = cell
      if (cell.refused.includes(value) || (base?.value === value && isRejectedRecord(cell, base))) {
        await giveBack(lease)
        throw rejectedBefore(spec.id)
      }
      if (isUp && base?.value === value) {
        await giveBack(lease)
        return base
      }
      const seen = { monotonic: clock.monotonic(), wall: clock.now() }
      const issuedAtMs = Math.round(await gate.sharedNowMs())
      const generation = Math.max(base?.generation ?? 0, cell.lastGeneration) + 1
      const { fingerprint, writer } = context
      const fields = { value, expiresAtMs, issuedAtMs, generation, fingerprint, writer, reason: 'requested' } as const
      const next = storedRecord(fields)
      if ((await writeRecord(context, { lease, isUp }, base, next)) === true) {
        Object.assign(cell, { isUnwritten: false, isUntimed: false, readAt: seen })
        keep(context, next, { seen, isFresh: true })
        await forgetFailure(context, true)
        context.emit('adopted', { generation, expiresAtMs })
        return next
      }
    }
    if (clock.monotonic() >= endsAtMs) {
      throw new LeaseError(`${spec.id}: the token could not be written to the cache in time`, {
        hint: 'Another process holds the lease, or the cache is down. Call adopt again.',
      })
    }
    await abortable(pause(clock, waitMs, { signal: closing, holdsProcess: true }), signal)
  }
}

function checked<C>({ spec, gate, isReadonly }: AccountContext<C>, { value, expiresAtMs }: OutsideToken): OutsideToken {
  if (isReadonly) {
    throw new ConfigError(`${spec.id}: a read-only source adopts no token`, { field: 'readonly', problem: 'conflict' })
  }
  if (!isTokenText(value)) {
    throw new ConfigError(`${spec.id}: adopt: "value" must be the token as the platform gave it`, {
      field: 'value',
      problem: typeof value === 'string' ? 'malformed' : 'missing',
    })
  }
  if (!isMoment(expiresAtMs) || expiresAtMs <= gate.reckonedNowMs()) {
    throw new ConfigError(
      `${spec.id}: adopt: "expiresAtMs" must be a moment to come, in Unix milliseconds`,
      { field: 'expiresAtMs', problem: 'malformed' },
      { hint: 'Where the platform gives seconds: Date.now() + expires_in * 1000.' },
    )
  }
  return { value, expiresAtMs }
}

function rejectedBefore(id: string): ConfigError {
  return new ConfigError(`${id}: adopt: an API has rejected this token`, { field: 'value', problem: 'conflict' })
}
