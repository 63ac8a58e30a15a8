import { inspect } from 'node:util'
import type { FleetProfile, FleetReport } from '@lingpai/testing/fleet'
import type { Run } from './children/simulation-thread.js'
import { simulationThread } from './simulation.js'

const simulate = simulationThread()

const profiles = ['calm', 'crashes', 'stalls', 'store', 'skew', 'rival', 'upstream', 'everything'] as const

async function simulateFleet(run: Run): Promise<FleetReport> {
  const { report } = await simulate(run)
  return report
}

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
  test('keep every guarantee and have every kind of trouble', async () => {
    const reports = await runAll(1, 300)
    expect(failing(reports)).toEqual([])
    expect(new Set(reports.map(({ profile }) => profile))).toEqual(new Set(profiles))
    for (const name of ['crashes', 'stops', 'storeFaults', 'rejections', 'repeats', 'failed'] as const) {
      expect([name, sum(reports, name) > 100]).toEqual([name, true])
    }
    expect(sum(reports, 'served')).toBeGreaterThan(30_000)
  }, 120_000)

  test('without trouble, request each token once and need no excuse', async () => {
    const reports = await runAll(1, 50, 'calm')
    expect(failing(reports)).toEqual([])
    expect(sum(reports, 'requests')).toBe(sum(reports, 'tokens') + sum(reports, 'repeats'))
    expect(sum(reports, 'excused')).toBe(0)
  })
})

describe('what was broken once holds', () => {
  test.each([
    ['a commit refused although nothing newer stood there', 'stalls', 147],
    ['an older token written back under the generation of a newer one', 'stalls', 180],
    ['a token handed out whose end was still on its way to who had asked for another', 'stalls', 1047],
    ['upstream asked under a lease that others had by then', 'stalls', 7019],
    ['an answer of the store given up because the process was stopped over it', 'stalls', 111_430],
    ['a life counted short on both clocks because one was set', 'everything', 351_748],
    ['the same token asked for again and again after a clock was set forward', 'skew', 17],
    ['a token prolonged by a clock that was set back', 'skew', 153],
    ['an answer that a machine slept over', 'skew', 162],
    ['a time of the store that a machine slept over', 'skew', 1063],
    ['a look that counted before its record was judged', 'skew', 115_186],
    ['upstream asked by each process for what it had told another', 'skew', 124_927],
    ['a refresh ahead that failed and kept those waiting whose token was refused', 'everything', 74],
    ['a fetched token given up for an older one of a higher generation', 'store', 200],
    ['a look that began before a stall', 'everything', 45],
    ['a cool-down that was set while the lease was waited for', 'upstream', 1337],
    ['a forced refresh that was answered after a stall', 'everything', 1109],
    ['a record written although the store did not say what stood there', 'everything', 1437],
    ['a prolonged token shortened by who was stopped', 'everything', 221],
    ['a prolonged token shortened by who could not write', 'everything', 29_644],
    ['an answer that was on its way while its machine slept', 'everything', 7315],
    ['a record forgotten because the store failed when asked once more', 'everything', 14_983],
    ['a refused token taken back from a store that lost what came after it', 'everything', 18_902],
    ['a life read by a clock that had been set back', 'everything', 26_798],
    ['a refused token kept although another one of its generation stood there', 'everything', 153_180],
    ['a token in the words of upstream that only the store had', 'everything', 154_473],
    ['a token in the words of upstream that a flight beside had brought', 'everything', 176_399],
    ['a life read by a clock set back since the store was last asked', 'everything', 160_061],
    ['a look whose result was from before a sleep, thrown away after it', 'everything', 173_717],
    ["the store's time of before a sleep", 'everything', 202_449],
    ['cool-downs that a store that cannot be written to kept short', 'everything', 251_612],
    ['a request repeated by who had slept, under a lease long lost', 'everything', 83_636],
    ['a forced refresh that gave a token unseen since a stall', 'everything', 80_229],
    ['a token made older by a clock that was set while it was asked for', 'skew', 72_921],
    ['the same, and its process stopped over that', 'everything', 39_903],
    ['a process judged by a longer life that it was stopped over the writing of', 'everything', 413_014_169_515],
    ['upstream asked after a pause that a forced refresh had made needless', 'everything', 324_830],
    ['a token in the words of upstream that came too late to be kept', 'everything', 339_860],
    ['a refused token written back', 'everything', 27_525],
    ['a refusal that was known by its mark in a store that lost it', 'everything', 19_651],
    ['a repeated token numbered again beside the store', 'everything', 131_364],
    ['a late answer that took the place of a later token', 'everything', 177_248],
    ['a life read by a clock that only a write had seen set forward', 'everything', 181_785],
    ['a fetched token given up for one from before the clock was set back', 'everything', 224_713],
    [
      'a fetched token given up for one of a higher count from before the clock was set back',
      'everything',
      413_014_137_242,
    ],
    ['a cool-down cut short by a forced refresh', 'everything', 244_263],
    ['a request repeated although a flight beside had brought a token', 'everything', 390_298],
    ['a fetched token given up for one that was refused', 'everything', 502_865],
    ['a refused token that had come to a stopped process as well', 'everything', 21_011],
    ['a mark not heeded because the time was not known', 'everything', 34_423],
    ['a look of before a sleep that found nothing, thrown away after it', 'everything', 727_916],
    ['a life cut below what upstream had said by a longer one read after the clock was set', 'everything', 5_006_186],
    ['the same in a store that had been silent since before the clock was set', 'everything', 5_018_843],
    ['a look during a commit that failed, forgotten with it', 'everything', 907_304_738],
    ['a token that was reported again after its probe, kept without another', 'everything', 808_980_837_682],
    ['callers kept waiting while it was written that a probe had refuted a report', 'everything', 413_014_165_488],
    ['a life read from a record written late, before the clock was set back', 'everything', 845_680_514_565],
    ['a record written under a clock that was set ahead and back by more since the last look', 'skew', 808_980_831_603],
    ['a token that was asked for before a refused one, written over it', 'everything', 104_538_318_128],
    ['a refused token handed out because the time of its mark was not known', 'everything', 413_014_227_367],
    ["the store's time not asked for again after a sleep over the question", 'everything', 413_014_228_357],
    ['a slow answer with a token that died on its way, not asked for again', 'upstream', 413_014_155_265],
    ['the same because a clock was set while it was on its way', 'skew', 413_014_224_552],
    ['a token taken for dead because a clock was set while it was on its way', 'skew', 749_801_127_420],
    ['a limit forgotten because a clock was set while upstream reported it', 'everything', 218_225_805_870],
    ['a late token written back over a later one after the clock was set back', 'everything', 413_014_189_999],
    [
      'a lease taken while the look under it failed, and a token of the generation that others had written',
      'store',
      749_801_182_239,
    ],
    ['an unwritten token kept back while others passed the lease on', 'everything', 481_842_954_180],
    [
      'a rejected token requested a second later, taken for one requested at the same time',
      'everything',
      865_785_478_327,
    ],
    [
      'a token of unknown age in a store that could not be read while a clock was set back',
      'everything',
      968_850_864_803,
    ],
    [
      'a response dead on arrival because a clock was set, and the next request by another process',
      'skew',
      714_539_953_456,
    ],
    [
      'the first of two tokens that a process asked for at once, where each may be the later one',
      'everything',
      950_589_169_487,
    ],
    ['an older rejected token under a higher generation, in a store that lost the newer one', 'store', 983_416_898_688],
    [
      'a failure not told to others because one of before the clock was set back seemed to last longer',
      'everything',
      983_416_916_223,
    ],
    ['a token returned while the one after it, slept over by its process, was being read', 'skew', 9_520_795_710],
    [
      'two tokens closer together than the error of the time that a slow store told long after them',
      'everything',
      9_520_803_053,
    ],
    ['a limit written over by the time-out of a process that had lost its lease', 'everything', 332_524_536_927],
    ['a rejection undone by a look that began before it and ended after it', 'everything', 499_220_142_100],
    ['the other one of two tokens closer together than the error of the store’s time', 'store', 900_491_307_773],
    [
      'a response dead on arrival because a clock was set, which was set back before the next request',
      'everything',
      744_168_893_759,
    ],
    ['a hot path that opened again because the clock was set back into it', 'skew', 955_499_565_009],
    [
      'an unwritten token that upstream repeated, written under the generation of the one before it',
      'everything',
      955_499_569_337,
    ],
    [
      'a call that waited for a request slept over, which may have replaced the token in memory',
      'everything',
      688_013_362_776,
    ],
    ['attempts that a clock set four times in a minute brought forward', 'skew', 688_013_366_093],
    [
      'a life that only clocks told while one of them was set, of a token that others read',
      'everything',
      618_790_896_873,
    ],
    [
      'a life that only clocks told while one of them was set, of a token given once more',
      'everything',
      968_850_848_950,
    ],
    [
      'a later token of the same generation, taken for older because the clock was set back',
      'everything',
      865_785_488_530,
    ],
    [
      'a token of before the clock was set back, written over one that others have since',
      'everything',
      749_801_150_113,
    ],
    ['a record of a clock set ahead and back by less, not taken over', 'everything', 581_280_668_215],
    ['a longer life told by a clock that was set ahead and back by less since the last look', 'skew', 749_801_142_094],
    ['a cool-down that the store lost, not given back by who forced a refresh', 'everything', 749_801_173_348],
    ['a failure that its process read only after it was stopped, told to others', 'everything', 79_780_000_840],
    ['a caller that shared the wait of another although memory had its token', 'calm', 721_377_647_051],
    [
      'a token seen before the process was stopped, and served because it could not be refreshed',
      'everything',
      731_798_545_980,
    ],
    ['a store that goes back to a token which one of a clock ahead replaced', 'everything', 969_138_367_418],
    ['tokens requested closer together than a sleep of the machine that no clock shows', 'everything', 969_138_371_865],
    ['a process that was stopped between the response and its write', 'everything', 916_936_546_360],
    [
      'the token of a process that was cut off, written over a later one after the clock was set back twice',
      'everything',
      713_242_473_433,
    ],
    [
      'a lease taken during the cool-down of others only to read it, which kept a rejected token from its mark',
      'upstream',
      888_284_749_515,
    ],
    ['a wait for a lease that others took during a cool-down', 'upstream', 888_284_737_997],
    ['two tokens requested together, one of them a rival’s', 'everything', 154_555_566_431],
    ['a request that looks overdue because the clock was set forward', 'everything', 154_555_588_937],
    [
      'a process stopped on its way to upstream without the store, which answered again since',
      'everything',
      680_362_612_325,
    ],
    [
      'a response read after a stop in which the clock was set back and another process renewed',
      'everything',
      262_773_551_094,
    ],
    [
      'a read that was repeated because its process was stopped, after the clock was set back',
      'everything',
      262_773_593_807,
    ],
    ['processes that wait for each other after the store was down and lost the record', 'store', 538_594_326_852],
    ['a response that the store kept out of memory while another refresh began', 'everything', 538_594_335_545],
    [
      'a token that looks older because the clock was set forward before its write was over',
      'everything',
      538_594_416_065,
    ],
    [
      'a marked token that upstream gave again after the store went back to the one before',
      'everything',
      698_581_326_846,
    ],
    [
      'a process that could not ask the store for the time, and was stopped at that moment',
      'everything',
      670_541_270_523,
    ],
    [
      'a response under a lease that the store lost, and then went back to an older record',
      'everything',
      655_706_460_859,
    ],
    ['a failure that another process reads before the lease is given back', 'upstream', 609_068_254_603],
    ['a process that was stopped twice, with its request and with the response', 'everything', 84_924_129_165],
    ['a forced request that was sent while one before it was under way', 'everything', 715_531_082_642],
  ] as const)('%s', async (_, profile, seed) => {
    expect(failing([await simulateFleet({ seed, profile })])).toEqual([])
  })
})

describe('the renewal of Feishu, and of DingTalk’s store apps and own apps', () => {
  const modes: NonNullable<Run['modes']> = ['sticky-1800', 'rotate-0', 'extend']

  test('keeps every guarantee in 40 seeds', async () => {
    const reports: FleetReport[] = []
    for (let seed = 1; seed <= 40; seed += 1) reports.push(await simulateFleet({ seed, modes }))
    expect(failing(reports)).toEqual([])
    expect(sum(reports, 'served')).toBeGreaterThan(4000)
  }, 120_000)

  test.each([
    ['a token that ends before the next one is in the store', 16_683_431_674],
    ['a holder that slept between the response and its write', 378_780_893_988],
    ['a holder that was stopped between the response and its write', 378_780_919_315],
    ['callers of a long life whose process was stopped', 929_714_726_637],
  ])('%s', async (_, seed) => {
    expect(failing([await simulateFleet({ seed, modes })])).toEqual([])
  })
})

describe('the fleet simulator', () => {
  test.each(profiles)('a seed always runs the same: %s', async (profile) => {
    const first = await simulate({ seed: 77, profile, isTraced: true })
    const second = await simulateFleet({ seed: 77, profile })
    expect(second).toEqual(first.report)
    expect(first.trace).toHaveLength(second.lines)
  })

  test('a run differs from that of the next seed', async () => {
    const hashes = (await runAll(500, 20)).map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(20)
  })

  test('a trace and a report contain no token and no secret', async () => {
    const { report, trace } = await simulate({ seed: 5, profile: 'everything', isTraced: true })
    expect(trace.length).toBeGreaterThan(100)
    expect(trace.join('\n') + inspect(report, { depth: 9 })).not.toMatch(/simtok-|simsec-/)
  })
})

describe('a store without fencing', () => {
  test('a broken guarantee is caught within 1,000 seeds, with its seed, time and trace', async () => {
    let report: FleetReport | undefined
    for (let seed = 1; seed < 1000 && report?.broken === undefined; seed += 1) {
      report = await simulateFleet({ seed, isUnfenced: true })
    }
    expect(report?.broken).toMatchObject({ guarantee: expect.stringMatching(/^G[125]$/), atMs: expect.any(Number) })
    expect(report?.broken?.trace.at(-1)).toContain(report?.broken?.what)
    expect(report?.broken?.trace.length).toBeGreaterThan(5)
    const again = await simulateFleet({ seed: report?.seed ?? 0, isUnfenced: true })
    expect(again).toEqual(report)
  }, 120_000)
})
