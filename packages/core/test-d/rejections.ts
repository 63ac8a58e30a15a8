import type { TokenSource } from '@lingpai/core'

export async function report(source: TokenSource): Promise<void> {
  await source.reportRejected('token', 42001)
  await source.reportRejected({ generation: 1 }, 42001)
  await source.refresh({ note: 'the secret was reset' })
  // @ts-expect-error a number alone may be the platform's code
  await source.reportRejected(42001)
  // @ts-expect-error what an event calls `reason` is `requested`
  await source.refresh({ reason: 'the secret was reset' })
}
