import type { BigIntStats } from 'node:fs'

/** Identifies a file and its version: differs for another file, and for the same file after a change. */
export interface FileMark {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
  /** Time of the last change according to the file system. Unlike the modification time, no program can set it. */
  readonly changedAtNs: bigint
}

/**
 * File systems count time in ticks of some milliseconds, or even seconds. Two changes within one tick leave the same mark, so a mark
 * is only reliable if the file was left alone for this long before the mark was taken.
 */
const settledAfterMs = 3000

/** Returns the mark of a file. */
export function markOf({ dev, ino, size, ctimeNs }: BigIntStats): FileMark {
  return { device: dev, inode: ino, bytes: size, changedAtNs: ctimeNs }
}

/** Whether a mark that was taken just now will show a later change. */
export function isSettled({ changedAtNs }: FileMark, nowMs: number): boolean {
  return nowMs - Number(changedAtNs / 1_000_000n) >= settledAfterMs
}

/** Whether two marks belong to one unchanged file. */
export function isSameMark(one: FileMark, other: FileMark): boolean {
  return (
    one.inode === other.inode &&
    one.changedAtNs === other.changedAtNs &&
    one.bytes === other.bytes &&
    one.device === other.device
  )
}
