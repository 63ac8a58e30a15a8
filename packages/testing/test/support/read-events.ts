type Json = Readonly<Record<string, unknown>>

/** One server-sent event. */
export interface ReadEvent {
  readonly event: string
  readonly data: Json
}

/** A stream of events as a client reads it. */
export interface EventReader {
  readonly status: number
  readonly headers: Headers
  /** All that was read so far, as it came. */
  readonly text: () => string
  /** The next event of this name; others before it are passed over. `undefined` when the stream has ended. */
  next(event: string, isIt?: (data: Json) => boolean): Promise<ReadEvent | undefined>
  close(): void
}

/** Opens a stream. */
export async function readEvents(url: string, headers: Readonly<Record<string, string>>): Promise<EventReader> {
  const ending = new AbortController()
  const reply = await fetch(url, { headers: { connection: 'close', ...headers }, signal: ending.signal })
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader()
  let all = ''
  let rest = ''
  const waiting: ReadEvent[] = []
  const pull = async (): Promise<boolean> => {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }))
    if (done || value === undefined) return false
    all += value
    const blocks = `${rest}${value}`.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event] = /^event: (.*)$/m.exec(block) ?? []
      const [, data] = /^data: (.*)$/m.exec(block) ?? []
      if (event !== undefined) waiting.push({ event, data: JSON.parse(data ?? '{}') })
    }
    return true
  }
  return {
    status: reply.status,
    headers: reply.headers,
    text: () => all,
    next: async (event, isIt = () => true) => {
      for (;;) {
        const found = waiting.shift()
        if (found === undefined) {
          if (!(await pull())) return undefined
        } else if (found.event === event && isIt(found.data)) return found
      }
    },
    close: () => {
      ending.abort()
    },
  }
}
