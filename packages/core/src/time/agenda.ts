import type { Clock, Timer } from '../clock.js'

/** Work for a moment. It belongs to one agenda, and is planned there at most once at a time. */
export interface Task {
  /** Moment on the monotonic clock in milliseconds. */
  readonly dueAtMs: number
  /** Whether it was given up since it was planned. */
  readonly isOver: boolean
  readonly run: () => void
}

/** Plans tasks. */
export interface Planner {
  plan(task: Task): void
  /** Says that a planned task is over. */
  noteOver(): void
  /** How long a task that begins now waits, milliseconds, so that many do not begin at one moment. */
  beginAfterMs(): number
}

/** So many tasks at once at most: between them the process does its other work. */
const mostAtOnce = 16
/** So many tasks begin at once; of more, so many begin in each millisecond. */
const begins = { atOnce: 64, eachMs: 5 } as const
/** A timer this late is lost: some edge runtimes drop the timers of a request that has ended. */
const lostAfterMs = 1000

/** Tasks at their moments, with one timer for all of them. It does not keep the process alive. */
class Agenda implements Planner {
  readonly #clock: Clock
  /** A binary heap: each task is due no later than the two at twice its place. */
  #tasks: Task[] = []
  /** How many of them are over. */
  #over = 0
  #timer: Timer | undefined
  #timerAtMs = Infinity
  /** How many tasks have begun more than `begins` allows until a moment. */
  #begun = { count: 0, atMs: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  plan(task: Task): void {
    const tasks = this.#tasks
    let place = tasks.push(task) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = tasks[above] as Task
      if (parent.dueAtMs <= task.dueAtMs) break
      tasks[place] = parent
      place = above
    }
    tasks[place] = task
    this.#arm()
  }

  noteOver(): void {
    this.#over += 1
    if (2 * this.#over < this.#tasks.length) return
    // A sorted list is a heap.
    this.#tasks = this.#tasks.filter(({ isOver }) => !isOver).sort((a, b) => a.dueAtMs - b.dueAtMs)
    this.#over = 0
    if (this.#tasks.length > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  beginAfterMs(): number {
    const atMs = this.#clock.monotonic()
    const passed = (atMs - this.#begun.atMs) * begins.eachMs
    this.#begun = { count: Math.max(0, this.#begun.count - passed) + 1, atMs }
    return Math.max(0, this.#begun.count - begins.atOnce) / begins.eachMs
  }

  #arm(): void {
    const nowMs = this.#clock.monotonic()
    const dueAtMs = this.#tasks[0]?.dueAtMs
    const isArmed = this.#timer !== undefined && this.#timerAtMs + lostAfterMs > nowMs
    if (dueAtMs === undefined) return
    const atMs = Math.max(dueAtMs, nowMs)
    // A timer for tasks that are overdue must not be put off by each that is planned meanwhile.
    if (isArmed && this.#timerAtMs <= atMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined
      this.#runDue()
    }, atMs - nowMs)
  }

  #runDue(): void {
    const nowMs = this.#clock.monotonic()
    for (let count = 0; count < mostAtOnce; count += 1) {
      const first = this.#tasks[0]
      if (first === undefined || first.dueAtMs > nowMs) break
      this.#removeFirst()
      if (first.isOver) this.#over -= 1
      else first.run()
    }
    this.#arm()
  }

  #removeFirst(): void {
    const tasks = this.#tasks
    const last = tasks.pop()
    if (last === undefined || tasks.length === 0) return
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      const child =
        left + 1 < tasks.length && (tasks[left + 1] as Task).dueAtMs < (tasks[left] as Task).dueAtMs ? left + 1 : left
      const below = tasks[child]
      if (below === undefined || below.dueAtMs >= last.dueAtMs) break
      tasks[place] = below
      place = child
    }
    tasks[place] = last
  }
}

const agendas = new WeakMap<Clock, Agenda>()

/** The agenda of a clock. */
export function agendaOf(clock: Clock): Planner {
  const known = agendas.get(clock)
  if (known !== undefined) return known
  const agenda = new Agenda(clock)
  agendas.set(clock, agenda)
  return agenda
}
