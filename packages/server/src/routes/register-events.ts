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
      const ends: (() => void)[] = []
      const release = (): void => {
        for (const end of ends) end()
      }
      try {
        ends.push(
          held.hold(caller, () => {
            stream.end()
          }),
        )
        ends.push(
          watcher.watch(caller.key.accounts, (status) => {
            stream.send('status', status)
          }),
        )
        ends.push(
          feed.on(({ account: { name, provider }, event, isRotation }) => {
            if (!caller.mayRead(name)) return
            const { generation, expires_at, reason, at } = event
            if (isRotation) stream.send('rotated', { account: name, generation, expires_at, reason, at })
            stream.send('timeline', { account: name, ...timelineEvent(provider, event) })
          }),
        )
        // The client connects again and receives the new accounts.
        ends.push(
          accounts.onChange(({ added, removed }) => {
            if ([...added, ...removed].some(({ name }) => caller.mayRead(name))) stream.end()
          }),
        )
        const own = accounts.all().filter(({ name }) => caller.mayRead(name))
        const stream = openEventStream(reply, clock, release)
        stream.sendEach('status', own, (account) => watcher.look(account))
      } catch (error) {
        // The program's own register may fail, and the client gets the error.
        release()
        throw error
      }
      return reply
    },
  )
}
