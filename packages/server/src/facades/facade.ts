import type { FastifyRequest, FastifySchema } from 'fastify'
import type { FacadeContext } from './facade-context.js'
import type { FacadeError } from './facade-error.js'
import type { FacadePlatform } from './facade-platform.js'

/**
 * A platform as its SDKs know it: `<name>-facade.ts` exports one as `<name>Facade`, and `npm run providers` lists them in `generated-list.ts`.
 */
export interface Facade {
  readonly platform: FacadePlatform
  readonly routes: readonly FacadeRoute[]
  /** Recognizes calls of the platform's API, to respond in its format where they are not forwarded. */
  readonly unserved?: {
    /** HTTP status of the response to such a call. */
    readonly status: number
    readonly isApiCall: (call: UnservedCall) => boolean
    /** Whether it recognizes every call of the platform, so that other paths need no response in its format. @default false */
    readonly isComplete?: boolean
  }
}

/** A request to a path that the server does not have. */
export interface UnservedCall {
  readonly path: string
  readonly query: string
  /** The value of the header; empty if it is absent. */
  readonly authorization: string
}

/** The fields of the query and the body. */
export type FacadeFields = Readonly<Record<string, unknown>>

/** A route of a platform. */
export interface FacadeRoute {
  readonly path: string
  /** The method in the platform's documentation. */
  readonly method: 'GET' | 'POST'
  readonly schema: FastifySchema
  /** The errors of this route, where they differ from those of the facade. */
  readonly platform?: FacadePlatform
  /** The error for the other method; without it, the other method works too, because some SDKs use it. */
  readonly otherMethod?: FacadeError
  /** Responds to a request. @returns the body, or a `PlatformCall` */
  readonly handle: (facades: FacadeContext, request: FastifyRequest, fields: FacadeFields) => Promise<unknown>
}
