import { PlatformError, TransportError, type AnyLingpaiError } from '@lingpai/core'

/**
 * An API answer that is a refusal, as an error. Token errors do not get here: the source has healed them, or thrown.
 *
 * @param body the parsed body, `undefined` where there was no JSON object
 */
export function apiError(
  provider: string,
  path: string,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  body: Readonly<Record<string, unknown>> | undefined,
): AnyLingpaiError {
  const code = [body?.['err_code'], body?.['code']].find((value) => typeof value === 'number' && value !== 0)
  if (typeof code !== 'number') {
    return new TransportError(`${provider}: ${path} answered HTTP ${status}`, { provider, phase: 'status', status })
  }
  const words = body?.['message']
  const platformMessage = typeof words === 'string' ? words.slice(0, 200) : ''
  const traceId = headers.get('x-tps-trace-id')
  // What is left of 401 and 403 is the white-list, or a permission: no waiting mends it.
  const isDenied = status === 401 || status === 403
  return new PlatformError(
    `${provider}: ${path} was refused (${code} ${platformMessage})`,
    {
      provider,
      endpoint: 'api',
      platformCode: code,
      platformMessage,
      errorClass: isDenied ? 'permission' : status === 429 ? 'rate-limited' : 'unknown',
      status,
      ...(traceId !== null && { traceId }),
    },
    {
      retryable: !isDenied,
      ...(isDenied && { hint: 'Check the IP white-list and the permissions of the bot on the QQ open platform.' }),
    },
  )
}
