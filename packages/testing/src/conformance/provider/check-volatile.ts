import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { CredentialsOf, Provider } from '@lingpai/core'
import { volatileFields } from '@lingpai/core/internal'
import type { AddProviderCheck, ProviderSamples } from './provider-samples.js'
import { withReplayedPlatform } from './replayed-platform.js'

/** Checks a provider with volatile credentials: each request asks for them, and nothing keeps their values. */
export function checkVolatile<C>(add: AddProviderCheck, provider: Provider<C>, samples: ProviderSamples<C>): void {
  const fields = volatileFields(provider.spec)
  if (fields.length === 0) return

  add('volatile credentials are asked for at each request, and change neither the account nor its record', async () => {
    let asked = 0
    const given = fields.map((field) => [field, () => `${samples.credentials[field]}-${(asked += 1)}`] as const)
    const credentials = { ...samples.credentials, ...Object.fromEntries(given) } as CredentialsOf<C>
    await withReplayedPlatform(
      provider,
      samples,
      '',
      async ({ source, entries, tokenRequests, parentRequests }) => {
        const first = await source.getRecord()
        const keys = [...entries.keys()]
        const second = await source.refresh()
        assert.deepEqual([second.generation, tokenRequests.length], [first.generation + 1, 2])
        assert.deepEqual([...entries.keys()], keys, 'another value is the same account')
        const own = provider.spec.volatile ?? []
        assert.equal(asked, own.length * 2 + (fields.length - own.length) * parentRequests.length)
        const kept = inspect([source, source.account, first, second, entries], { depth: 9 })
        for (const field of fields) assert.ok(!kept.includes(samples.credentials[field]), `${field} is kept`)
      },
      credentials,
    )
  })
}
