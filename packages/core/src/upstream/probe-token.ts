import { buildRequest, placementFor, requestWithToken } from '../provider/build-request.js'
import { classify, isTokenError, parseBody, type ErrorResponse } from '../provider/classify.js'
import { boundedFetch } from '../http/bounded-fetch.js'
import type { RequestSpec, ResolvedSpec } from '../provider.js'
import { baseOf } from './request-token.js'
import type { UpstreamOptions } from './upstream-options.js'

/** Asks the platform with a cheap call whether a token is alive. `undefined` if the response does not say. */
export async function probeToken<C>(
  spec: ResolvedSpec<C>,
  token: string,
  { fetch, clock }: UpstreamOptions,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<{
  readonly alive: boolean | undefined
  readonly errorResponse?: ErrorResponse
  readonly serverDate?: string
}> {
  const probe: RequestSpec | undefined = spec.probe
  if (probe === undefined) return { alive: undefined }
  const base = { id: spec.id, rebased: spec.rebased, ...baseOf(spec.apiBaseUrl ?? spec.baseUrl) }
  const built = buildRequest(base, probe)
  const request = requestWithToken(built, placementFor(spec, new URL(built.url)), token)
  const response = await boundedFetch(fetch, clock, request, { signal, timeoutMs })
  if (response.kind !== 'response') return { alive: undefined }
  const errorResponse = classify(spec, 'api', {
    status: response.status,
    headers: response.headers,
    body: parseBody(response.text),
  })
  const serverDate = response.headers.get('date') ?? undefined
  const facts = {
    ...(errorResponse !== undefined && { errorResponse }),
    ...(serverDate !== undefined && { serverDate }),
  }
  if (errorResponse === undefined) return { alive: response.status < 300 ? true : undefined, ...facts }
  return { alive: isTokenError(errorResponse) ? false : undefined, ...facts }
}
