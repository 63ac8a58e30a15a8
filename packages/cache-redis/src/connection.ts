import { randomInt } from 'node:crypto'
import { ClosedError, type Clock, type Timer } from '@lingpai/core'
import { holdingProcess, patientTimer } from '@lingpai/core/internal'
import type { Link, MakeLink } from './redis-link.js'
import { isReadOnly, isRefusal, RedisStoreError, storeError, timeoutError } from './store-error.js'

/** What a connection is made of. */
export interface ConnectionParts {
  readonly makeLink: MakeLink
  readonly clock: Clock
  readonly timeoutMs: number
  /** The server, without a password, for errors. */
  readonly name: string
  /** Called with each link that has come up. */
  readonly onReady?: (link: Link) => void
}

/** A link that is not up by then, or by the time of a call where it is longer, is given up, a silent server included. */
const linkBoundMs = 1500
const firstBackoffMs = 50
const longestBackoffMs = 2000
/** A wrong password does not mend itself within seconds, and a server that is asked too often locks out. */
const refusedBackoffMs = 5000
/** A link that was up for so long is replaced without waiting. */
const steadyMs = 1000
/** A server that has become read-only is connected to anew this often. */
const betweenRenewalsMs = 5000
/** A connection whose answer is overdue for so long is replaced by a new one. */
const silenceMs = 2000
/** An idle connection is tried this often, so that a dead one is found before it is needed. */
const heartbeatMs = 5000
/** A call ends by its bound; a busy process needs a moment to notice. */
const settlingMs = 1000

/**
 * A connection that comes back by itself and never makes anybody wait for longer than `timeoutMs`: while it is known to be down
 * or silent, calls fail at once. It keeps the process alive only while a call is under way.
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
  /** Somebody has waited for a connection in vain. */
  #isSlow = false
  #isClosed = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#connect()
  }

  /** Runs commands on the link. @throws RedisStoreError, or ClosedError once the connection was closed. */
  async run<T>(commands: (link: Link) => Promise<T>): Promise<T> {
    this.#assertOpen()
    try {
      return await holdingProcess(() => this.#bounded(commands), 2 * this.#parts.timeoutMs + settlingMs)
    } catch (error) {
      // The name of the server may lead to another one by now, which is the master.
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

  #bounded<T>(commands: (link: Link) => Promise<T>): Promise<T> {
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
      const timer = patientTimer(clock, giveUp, timeoutMs)
      const cancel = (): void => {
        timer.cancel()
      }
      const send = (): void => {
        if (isOver) return
        sent = this.#send(commands)
        sent.then(cancel, cancel)
        sent.then(resolve, reject)
      }
      // The first callers of a process wait for its connection. Those of an outage wait for none that was already in vain.
      if (this.#link?.isReady() === true || this.#attempt === undefined || this.#isSlow) send()
      else this.#attempt.then(send, send)
    })
  }

  async #send<T>(commands: (link: Link) => Promise<T>): Promise<T> {
    this.#assertOpen()
    if (this.#link?.isReady() !== true) throw this.#absence()
    return commands(this.#link)
  }

  /** While an answer is overdue the server counts as silent. It comes late, or the link is replaced. */
  #watch(sent: Promise<unknown>): void {
    const link = this.#link
    // One silent node of a cluster says nothing of the others.
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

  /** Connects a link, within a bound: a silent server accepts a connection and then says nothing. */
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

  /** The link has ended: another one is made, at once the first time, later each time that it comes to nothing. */
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

  /** Nodes of a cluster come and go: it is looked at anew, and meanwhile those that are left go on. */
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
            // What is under way on the old one may still be answered.
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
      this.#bounded((current) => current.ping()).then(goOn, goOn)
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
    if (this.#isClosed) throw new ClosedError('redisCache: the cache was closed')
  }
}
