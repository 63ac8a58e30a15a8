import { Type, type TRef } from 'typebox'

const moment = (description: string) => Type.Integer({ description: `${description} Unix milliseconds.` })
const code = Type.Union([Type.Integer(), Type.String()])

/** Shared schemas by `$id`, which are the components of the OpenAPI document. */
const hintSchema = Type.Object(
  { en: Type.String(), zh: Type.String() },
  { $id: 'Hint', description: 'What an operator can do.' },
)

const placementSchema = Type.Object(
  {
    in: Type.String({ description: 'query, header or none.' }),
    name: Type.Optional(Type.String()),
    scheme: Type.Optional(Type.String()),
  },
  { $id: 'Placement', description: 'Where an API call carries the token.' },
)

const timelineEventSchema = Type.Object(
  {
    at: moment('When it happened.'),
    event: Type.String({
      description:
        'refreshed, same-token, adopted, rejected, refresh-failed, lease-lost, foreign-refresh, served-stale or lifetime-assumed.',
    }),
    generation: Type.Optional(Type.Integer()),
    reason: Type.Optional(Type.String({ description: 'cold, ahead, rejected or requested.' })),
    by: Type.Optional(Type.String({ description: 'Name of the client key that caused it, or background-refresh.' })),
    expires_at: Type.Optional(moment('When the token expires.')),
    note: Type.Optional(Type.String({ description: 'Why the refresh was forced.' })),
    ticket: Type.Optional(Type.String({ description: 'Name of the ticket; absent for the token.' })),
    duration_ms: Type.Optional(Type.Integer({ description: 'Duration of the upstream request.' })),
    code: Type.Optional(Type.String()),
    class: Type.Optional(Type.String()),
    platform_code: Type.Optional(code),
    hint: Type.Optional(Type.Ref('Hint')),
  },
  { $id: 'TimelineEvent' },
)

const tokenResponseSchema = Type.Object(
  {
    access_token: Type.String(),
    expires_in: Type.Integer({ description: 'Remaining lifetime in whole seconds.' }),
    expires_in_ms: Type.Integer(),
    expires_at: moment('When the token expires.'),
    generation: Type.Integer({ description: 'Grows by one with each new token of the account.' }),
    token_type: Type.Optional(Type.String({ description: 'Scheme of the header, if the platform uses one.' })),
    place: Type.Optional(Type.Ref('Placement')),
  },
  { $id: 'TokenResponse' },
)

const accountStatusSchema = Type.Object(
  {
    name: Type.String(),
    provider: Type.String(),
    kind: Type.String(),
    ids: Type.Record(Type.String(), Type.String()),
    state: Type.String({ description: 'none, refreshing, valid, expiring, expired or failing.' }),
    generation: Type.Optional(Type.Integer()),
    issued_at: Type.Optional(moment('When the token was requested.')),
    expires_at: Type.Optional(moment('When the token expires.')),
    expires_in_ms: Type.Optional(Type.Integer()),
    refresh_at: Type.Optional(moment('When the next refresh ahead starts.')),
    last_failure: Type.Optional(
      Type.Object({
        code: Type.String(),
        class: Type.String(),
        message: Type.String(),
        hint: Type.Optional(Type.Ref('Hint')),
        platform_code: Type.Optional(code),
        failures: Type.Integer(),
        at: moment('When it failed.'),
        retry_at: moment('When the next attempt is allowed.'),
      }),
    ),
    last_refresh: Type.Optional(Type.Ref('TimelineEvent')),
    place: Type.Optional(Type.Ref('Placement')),
  },
  { $id: 'AccountStatus' },
)

const errorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'ERR_…' }),
      message: Type.String(),
      class: Type.Optional(Type.String()),
      platform_code: Type.Optional(code),
      hint: Type.Optional(Type.Ref('Hint')),
      retryable: Type.Boolean(),
      retry_at: Type.Optional(moment('When the same request may succeed.')),
    }),
  },
  { $id: 'Error', description: 'Any error of the native API.' },
)

/** All shared schemas. */
export const sharedSchemas = [
  hintSchema,
  placementSchema,
  timelineEventSchema,
  tokenResponseSchema,
  accountStatusSchema,
  errorSchema,
] as const

/** Returns a reference to a shared schema. */
export function ref(name: 'AccountStatus' | 'Error' | 'TimelineEvent' | 'TokenResponse'): TRef {
  return Type.Ref(name)
}

/** Error responses of every route of the native API. */
export const errorResponses = { '4xx': ref('Error'), '5xx': ref('Error') } as const

/** Path parameters with an `:account`. */
export const accountParams = Type.Object({ account: Type.String({ minLength: 1, maxLength: 100 }) })
