import { Type } from 'typebox'
import { ApiError } from '../api-error.js'
import { callerIn } from '../callers.js'
import { openEventStream } from '../event-stream.js'
import { errorAnswers } from '../schemas.js'
import type { ServerContext } from '../server-context.js'
import type { StatusBoard } from '../status-board.js'
import { timelineEvent } from '../timeline-event.js'
import type { TypedFastify } from '../typebox-provider.js'

/** Streams of one key at the same time. */
const mostStreams = 200

/** What happens, as it happens. */
export function registerEvents(fastify: TypedFastify, context: ServerContext, board: StatusBoard): void {
  const { accounts, clock, feed, keys } = context
  const streams = new Map<string, number>()
  fastify.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: status, rotated, timeline; never a token',
        tags: ['events'],
        response: {
          200: { description: 'A stream', content: { 'text/event-stream': { schema: Type.String() } } },
          ...errorAnswers,
        },
      },
    },
    (request, reply) => {
      const caller = callerIn(request)
      const { id } = caller.key
      const open = streams.get(id) ?? 0
      if (context.draining.aborted)
        throw new ApiError('ERR_UNAVAILABLE', 'the server is ending', { retryAfterMs: 1000 })
      if (open >= mostStreams)
        throw new ApiError('ERR_RATE_LIMITED', 'this key has too many streams', { retryAfterMs: 10_000 })
      streams.set(id, open + 1)
      const end = (): void => {
        stream.end()
      }
      const ends = [
        board.watch((status) => {
          if (caller.mayRead(status.name)) stream.send('status', status)
        }),
        feed.on(({ account: { name, provider }, event, isRotation }) => {
          if (!caller.mayRead(name)) return
          const { generation, expires_at, reason, at } = event
          if (isRotation) stream.send('rotated', { account: name, generation, expires_at, reason, at })
          stream.send('timeline', { account: name, ...timelineEvent(provider, event) })
        }),
        // Whoever connects anew is judged by what holds then.
        keys.onChange(() => {
          if (keys.find(id) !== caller.key) end()
        }),
        accounts.onChange(end),
      ]
      const stream = openEventStream(reply, clock, () => {
        for (const stop of ends) stop()
        context.draining.removeEventListener('abort', end)
        streams.set(id, (streams.get(id) ?? 1) - 1)
      })
      context.draining.addEventListener('abort', end, { once: true })
      for (const account of accounts.all())
        if (caller.mayRead(account.name)) stream.send('status', context.statusOf(account))
      return reply
    },
  )
}
