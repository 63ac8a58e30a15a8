import { randomInt } from 'node:crypto'
import { ClosedError, type Clock, type Timer, type TimerOptions } from '@lingpai/core'
import { patientTimer } from '@lingpai/core/internal'
import type { Link, MakeLink } from './redis-link.js'
import { isReadOnly, isRefusal, RedisStoreError, storeError, timeoutError } from './store-error.js'

/** What a connection needs. */
export interface ConnectionParts {
  readonly makeLink: MakeLink
  readonly clock: Clock
  readonly timeoutMs: number
  /** The server without its password, for error texts. */
  readonly name: string
  /** Called with each link that has become ready. */
  readonly onReady?: (link: Link) => void
}

/** A link that is not ready within this time, or within that of a call if it is longer, is replaced. This covers a silent server. */
const linkBoundMs = 1500
const firstBackoffMs = 50
const longestBackoffMs = 2000
/** A wrong password is not fixed within seconds, and a server may lock out a client that retries too often. */
const refusedBackoffMs = 5000
/** A link that was up for this long is replaced without a delay. */
const steadyMs = 1000
/** Minimum time between reconnects to a server that has become read-only. */
const betweenRenewalsMs = 5000
/** A connection whose response is overdue for this long is replaced. */
const silenceMs = 2000
/** An idle connection is tested at this interval, so that a dead one is found before it is needed. */
const heartbeatMs = 5000

/**
 * A connection that reconnects by itself and never makes a caller wait longer than `timeoutMs`: while the server is known to be down
 * or silent, calls fail at once. It keeps the process alive only while a call is running.
 */
export class Connection {
  readonly #parts: ConnectionParts
  #link: Link | undefined
  #attempt: Promise<void> | undefined
  #failure: unknown
  #failures = 0
  #upSinceMs = Infinity
  #overdue = 0
  #retry: Timer | undefined
  #heartbeat: Timer | undefined
  #replacement: Timer | undefined
  /** A caller has waited for a connection in vain. */
  #isSlow = false
  #isClosed = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#connect()
  }

  /** Runs commands on the link. @throws RedisStoreError, or ClosedError after the connection was closed */
  async run<T>(commands: (link: Link) => Promise<T>): Promise<T> {
    this.#assertOpen()
    try {
      return await this.#bounded(commands, { holdsProcess: true })
    } catch (error) {
      // The name of the server may point to another server by now, the new master.
      if (isReadOnly(error) && this.#upForMs() >= betweenRenewalsMs) this.#lose(this.#link, error)
      throw storeError(this.#parts.name, error)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#heartbeat?.cancel()
    this.#replacement?.cancel()
    this.#link?.destroy()
    this.#link = undefined
  }

  #bounded<T>(commands: (link: Link) => Promise<T>, { holdsProcess }: Required<TimerOptions>): Promise<T> {
    const { clock, timeoutMs, name } = this.#parts
    if (this.#overdue > 0) return Promise.reject(timeoutError(name, timeoutMs))
    return new Promise((resolve, reject) => {
      let sent: Promise<T> | undefined
      let isOver = false
      const giveUp = (): void => {
        isOver = true
        reject(timeoutError(name, timeoutMs))
        if (sent === undefined) this.#isSlow = true
        else this.#watch(sent)
      }
      const timer = patientTimer(clock, giveUp, timeoutMs, { holdsProcess })
      const cancel = (): void => {
        timer.cancel()
      }
      const send = (): void => {
        if (isOver) return
        sent = this.#send(commands)
        sent.then(cancel, cancel)
        sent.then(resolve, reject)
      }
      // The first callers wait for the connection. During an outage, callers do not wait for one that already failed.
      if (this.#link?.isReady() === true || this.#attempt === undefined || this.#isSlow) send()
      else this.#attempt.then(send, send)
    })
  }

  async #send<T>(commands: (link: Link) => Promise<T>): Promise<T> {
    this.#assertOpen()
    if (this.#link?.isReady() !== true) throw this.#absence()
    return commands(this.#link)
  }

  /** While a response is overdue, the server counts as silent. The response arrives late, or the link is replaced. */
  #watch(sent: Promise<unknown>): void {
    const link = this.#link
    // One silent node of a cluster says nothing about the others.
    const weight = link?.kind === 'cluster' ? 0 : 1
    this.#overdue += weight
    let isSettled = false
    const timer = this.#parts.clock.setTimer(() => {
      settle()
      this.#lose(link, timeoutError(this.#parts.name, this.#parts.timeoutMs))
    }, silenceMs)
    const settle = (): void => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      this.#overdue -= weight
    }
    sent.then(settle, settle)
  }

  #connect(): void {
    const { makeLink, clock } = this.#parts
    const link = makeLink((error) => {
      this.#lose(link, error)
    })
    const old = this.#link
    this.#link = link
    old?.destroy()
    const attempt = this.#attemptOn(link)
    this.#attempt = attempt
    attempt.then(
      () => {
        if (this.#link !== link) return
        this.#attempt = undefined
        if (!link.isReady()) {
          this.#lose(link, this.#failure)
          return
        }
        this.#failure = undefined
        this.#isSlow = false
        this.#upSinceMs = clock.monotonic()
        this.#parts.onReady?.(link)
        this.#armHeartbeat(link)
      },
      (error: unknown) => {
        if (this.#link === link) this.#lose(link, error)
      },
    )
  }

  /** Connects a link with a time limit: a silent server accepts a connection and then sends nothing. */
  #attemptOn(link: Link): Promise<void> {
    const { clock, name, timeoutMs } = this.#parts
    const boundMs = Math.max(linkBoundMs, timeoutMs)
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        reject(new RedisStoreError(`redis ${name}: no connection within ${boundMs} ms`, 'ETIMEDOUT'))
      }
      const bound = patientTimer(clock, giveUp, boundMs)
      link
        .connect()
        .then(resolve, reject)
        .finally(() => {
          bound.cancel()
        })
        .catch(() => undefined)
    })
  }

  /** Replaces a link that has ended: at once the first time, and with a growing delay after each failure. */
  #lose(link: Link | undefined, error: unknown): void {
    if (this.#isClosed || link === undefined || this.#link !== link) return
    if (link.kind === 'given' && link.isReady()) return
    this.#failure = error
    if (link.kind === 'cluster' && link.isReady()) {
      this.#replaceLater(link)
      return
    }
    this.#attempt = undefined
    this.#heartbeat?.cancel()
    this.#link = undefined
    link.destroy()
    const { clock } = this.#parts
    const wasUp = this.#upForMs() >= steadyMs
    this.#upSinceMs = Infinity
    this.#failures = wasUp ? 0 : this.#failures + 1
    if (wasUp) {
      this.#connect()
      return
    }
    const backoffMs = Math.min(firstBackoffMs * 2 ** Math.min(this.#failures, 10), longestBackoffMs)
    this.#retry?.cancel()
    this.#retry = clock.setTimer(
      () => {
        if (!this.#isClosed) this.#connect()
      },
      isRefusal(error) ? refusedBackoffMs : backoffMs + randomInt(50),
    )
  }

  /** Replaces the link to a cluster, whose nodes may have changed. The old link serves calls meanwhile. */
  #replaceLater(link: Link): void {
    if (this.#replacement !== undefined) return
    const { clock, makeLink, timeoutMs, onReady } = this.#parts
    this.#replacement = clock.setTimer(
      () => {
        if (this.#isClosed || this.#link !== link) return
        const next = makeLink((error) => {
          this.#lose(next, error)
        })
        this.#attemptOn(next).then(
          () => {
            this.#replacement = undefined
            if (this.#isClosed || this.#link !== link) {
              next.destroy()
              return
            }
            this.#link = next
            onReady?.(next)
            // Running commands on the old link may still get a response.
            clock.setTimer(link.destroy, timeoutMs)
          },
          () => {
            next.destroy()
            this.#replacement = undefined
            if (!this.#isClosed && this.#link === link) this.#replaceLater(link)
          },
        )
      },
      steadyMs + randomInt(50),
    )
  }

  #armHeartbeat(link: Link): void {
    this.#heartbeat?.cancel()
    this.#heartbeat = this.#parts.clock.setTimer(() => {
      if (this.#isClosed || this.#link !== link) return
      const goOn = (): void => {
        if (this.#link === link) this.#armHeartbeat(link)
      }
      this.#bounded((current) => current.ping(), { holdsProcess: false }).then(goOn, goOn)
    }, heartbeatMs)
  }

  #upForMs(): number {
    return this.#parts.clock.monotonic() - this.#upSinceMs
  }

  #absence(): Error {
    const { name } = this.#parts
    return this.#failure === undefined
      ? new RedisStoreError(`redis ${name}: not connected`, 'ENOTCONN')
      : storeError(name, this.#failure)
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError('redisCache: the cache is closed')
  }
}
