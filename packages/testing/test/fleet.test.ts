import { inspect } from 'node:util'
import type { IAccessTokenCache } from '@lingpai/core'
import { simulateFleet, type FleetProfile, type FleetReport } from '@lingpai/testing'

const profiles = ['calm', 'crashes', 'stalls', 'store', 'skew', 'rival', 'upstream', 'everything'] as const

async function runAll(from: number, count: number, profile?: FleetProfile): Promise<readonly FleetReport[]> {
  const reports: FleetReport[] = []
  for (let seed = from; seed < from + count; seed += 1) {
    reports.push(await simulateFleet({ seed, ...(profile && { profile }) }))
  }
  return reports
}

function failing(reports: readonly FleetReport[]): readonly string[] {
  return reports.flatMap(({ seed, profile, broken }) =>
    broken === undefined ? [] : [`seed ${seed} (${profile}): ${broken.guarantee} ${broken.what}`],
  )
}

function sum(reports: readonly FleetReport[], name: keyof FleetReport['figures']): number {
  return reports.reduce((total, { figures }) => total + figures[name], 0)
}

describe('300 seeds', () => {
  test('break no guarantee, and meet every kind of trouble', async () => {
    const reports = await runAll(1, 300)
    expect(failing(reports)).toEqual([])
    expect(new Set(reports.map(({ profile }) => profile))).toEqual(new Set(profiles))
    for (const name of ['crashes', 'stops', 'storeFaults', 'rejections', 'repeats', 'failed'] as const) {
      expect([name, sum(reports, name) > 100]).toEqual([name, true])
    }
    expect(sum(reports, 'served')).toBeGreaterThan(30_000)
  })

  test('without trouble ask for each token once, and need no excuse', async () => {
    const reports = await runAll(1, 50, 'calm')
    expect(failing(reports)).toEqual([])
    expect(sum(reports, 'requests')).toBe(sum(reports, 'tokens') + sum(reports, 'repeats'))
    expect(sum(reports, 'excused')).toBe(0)
  })
})

describe('a seed', () => {
  test.each(profiles)('runs the same twice: %s', async (profile) => {
    const lines: string[] = []
    const first = await simulateFleet({ seed: 77, profile, onTrace: (line) => lines.push(line) })
    const second = await simulateFleet({ seed: 77, profile })
    expect(second).toEqual(first)
    expect(lines).toHaveLength(first.lines)
  })

  test('differs from the next', async () => {
    const hashes = (await runAll(500, 20)).map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(20)
  })

  test('shows no token and no secret in its trace and report', async () => {
    const lines: string[] = []
    const report = await simulateFleet({ seed: 5, profile: 'everything', onTrace: (line) => lines.push(line) })
    expect(lines.length).toBeGreaterThan(100)
    expect(lines.join('\n') + inspect(report, { depth: 9 })).not.toMatch(/simtok-|simsec-/)
  })
})

describe('a store without fencing', () => {
  const unfenced = (cache: IAccessTokenCache): IAccessTokenCache => {
    const { lease } = cache
    if (lease === undefined) return cache
    return {
      ...cache,
      lease: {
        ...lease,
        commit: async (key, holder, value, expiresAtMs) => {
          await cache.set(key, value, expiresAtMs)
          await lease.release(key, holder)
          return true
        },
      },
    }
  }

  test('is caught in under 1,000 seeds, with the seed, the guarantee, the moment and what led to it', async () => {
    let report: FleetReport | undefined
    for (let seed = 1; seed < 1000 && report?.broken === undefined; seed += 1) {
      report = await simulateFleet({ seed, wrapCache: unfenced })
    }
    expect(report?.broken).toMatchObject({ guarantee: expect.stringMatching(/^G[125]$/), atMs: expect.any(Number) })
    expect(report?.broken?.trace.at(-1)).toContain(report?.broken?.what)
    expect(report?.broken?.trace.length).toBeGreaterThan(5)
    const again = await simulateFleet({ seed: report?.seed ?? 0, wrapCache: unfenced })
    expect(again).toEqual(report)
  })
})
