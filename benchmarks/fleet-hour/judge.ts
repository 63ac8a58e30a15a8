import type { MemberSample } from './member-task.js'

/** What a run found. */
export interface FleetRun {
  /** Of each process, oldest first. */
  readonly samples: readonly (readonly MemberSample[])[]
  readonly accounts: number
  readonly lifeMs: number
  readonly betweenSamplesMs: number
  /** Of the time after the warm-up. */
  readonly judgedMs: number
  readonly tokenRequests: number
  /** Of the whole run. */
  readonly deadPresented: number
  readonly mostAtOnce: number
}

/** A line of the result, and whether it is as it must be. */
export interface Judgement {
  readonly line: string
  readonly isGood: boolean
}

const megabyte = 2 ** 20
/** Memory is flat if the last quarter's median is at most this much above the second quarter's. */
const growth = { heapBytes: { ratio: 1.1, bytes: 2 * megabyte }, residentBytes: { ratio: 1.15, bytes: 12 * megabyte } }
/** In a run of fewer lives, the quarters differ by what they see of a renewal. */
const fewestLives = 5
const mostRequestsPerLife = 1.5
const mostFailedRatio = 0.001

/** Judges a run against what a fleet must keep. */
export function judge(run: FleetRun): readonly Judgement[] {
  const { accounts, lifeMs, judgedMs, tokenRequests, deadPresented, mostAtOnce } = run
  const perLife = tokenRequests / ((accounts * judgedMs) / lifeMs)
  const all = run.samples.flat()
  const [calls, failed] = [sum(all.map((sample) => sample.calls)), sum(all.map((sample) => sample.failed))]
  const isSettled = judgedMs >= fewestLives * lifeMs
  const warm = run.samples.flatMap((samples) => samples.slice(Math.ceil(samples.length / 4)))
  const lives = (accounts * warm.length * run.betweenSamplesMs) / lifeMs
  const cpuMs = sum(warm.map((sample) => sample.cpuMs)) / lives
  const delayMs = Math.max(...warm.map((sample) => sample.delayMs))
  return [
    ...run.samples.flatMap((samples, index) => [
      memory(`process ${index}, heap`, samples, 'heapBytes', isSettled),
      memory(`process ${index}, resident`, samples, 'residentBytes', isSettled),
    ]),
    {
      line: `${perLife.toFixed(3)} token requests for each account and life, at most ${mostRequestsPerLife}`,
      isGood: perLife <= mostRequestsPerLife,
    },
    { line: `${deadPresented} dead tokens presented, at most 0`, isGood: deadPresented === 0 },
    {
      line: `${failed} of ${calls} calls failed, at most ${mostFailedRatio * 100} %`,
      isGood: calls > 0 && failed <= calls * mostFailedRatio,
    },
    { line: `${mostAtOnce} token requests at once at most`, isGood: true },
    { line: `${cpuMs.toFixed(2)} ms of processor for each process, account and life`, isGood: true },
    { line: `${delayMs.toFixed(0)} ms was the longest delay of an event loop after the warm-up`, isGood: true },
  ]
}

function memory(
  name: string,
  samples: readonly MemberSample[],
  field: keyof typeof growth,
  isJudged: boolean,
): Judgement {
  const bytes = samples.map((sample) => sample[field])
  const quarter = Math.floor(bytes.length / 4)
  const before = median(bytes.slice(quarter, 2 * quarter))
  const after = median(bytes.slice(-quarter))
  const { ratio, bytes: allowed } = growth[field]
  const shown = (count: number): string => `${(count / megabyte).toFixed(1)} MB`
  return {
    line: `${name}: ${shown(before)} in the second quarter, ${shown(after)} in the last${isJudged ? '' : ' (too short a run to judge)'}`,
    isGood: !isJudged || (quarter > 0 && after <= before * ratio + allowed),
  }
}

const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0)
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN
