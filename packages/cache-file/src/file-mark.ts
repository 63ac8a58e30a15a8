import type { BigIntStats } from 'node:fs'

/** Tells a file from any other, and from itself once anybody has touched it. */
export interface FileMark {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
  /** When the file system last saw it changed; unlike the time of its contents, nobody can set it. */
  readonly changedAtNs: bigint
}

/**
 * File systems count time in ticks of some milliseconds, some in seconds: what happens within the same one leaves the same
 * mark. So a mark only tells of a file that was left alone for longer before it was taken.
 */
const settledAfterMs = 3000

/** The mark of a file. */
export function markOf({ dev, ino, size, ctimeNs }: BigIntStats): FileMark {
  return { device: dev, inode: ino, bytes: size, changedAtNs: ctimeNs }
}

/** Whether a mark that was taken just now will tell a later change. */
export function isSettled({ changedAtNs }: FileMark, nowMs: number): boolean {
  return nowMs - Number(changedAtNs / 1_000_000n) >= settledAfterMs
}

/** Whether two marks are of one file that was not touched in between. */
export function isSameMark(one: FileMark, other: FileMark): boolean {
  return (
    one.inode === other.inode &&
    one.changedAtNs === other.changedAtNs &&
    one.bytes === other.bytes &&
    one.device === other.device
  )
}
