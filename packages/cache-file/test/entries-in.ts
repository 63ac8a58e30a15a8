import { readdir } from 'node:fs/promises'

/** The names in a cache's directory, but for the mark that tells of changes. */
export async function entriesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name !== 'changes')
}
