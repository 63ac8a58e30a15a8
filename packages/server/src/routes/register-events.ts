import { Type } from 'typebox'
import { callerIn } from '../auth/require-caller.js'
import { openEventStream } from '../http/event-stream.js'
import { errorResponses } from '../http/schemas.js'
import type { ServerContext } from '../server-context.js'
import type { StatusWatcher } from '../accounts/status-watcher.js'
import { timelineEvent } from '../audit/timeline-event.js'
import type { TypedFastify } from '../http/typebox-provider.js'

/** Streams status changes and timeline events. */
export function registerEvents(fastify: TypedFastify, context: ServerContext, watcher: StatusWatcher): void {
  const { accounts, clock, feed, held } = context
  fastify.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: status, rotated, timeline; never a token',
        tags: ['events'],
        response: {
          200: { description: 'A stream', content: { 'text/event-stream': { schema: Type.String() } } },
          ...errorResponses,
        },
      },
    },
    (request, reply) => {
      const caller = callerIn(request)
      const release = held.hold(caller, () => {
        stream.end()
      })
      const ends = [
        release,
        watcher.watch((status) => {
          if (caller.mayRead(status.name)) stream.send('status', status)
        }),
        feed.on(({ account: { name, provider }, event, isRotation }) => {
          if (!caller.mayRead(name)) return
          const { generation, expires_at, reason, at } = event
          if (isRotation) stream.send('rotated', { account: name, generation, expires_at, reason, at })
          stream.send('timeline', { account: name, ...timelineEvent(provider, event) })
        }),
        // The client connects again and receives the new accounts.
        accounts.onChange(({ added, removed }) => {
          if ([...added, ...removed].some(({ name }) => caller.mayRead(name))) stream.end()
        }),
      ]
      const stream = openEventStream(reply, clock, () => {
        for (const stop of ends) stop()
      })
      for (const account of accounts.all())
        if (caller.mayRead(account.name)) stream.send('status', context.statusOf(account))
      return reply
    },
  )
}
