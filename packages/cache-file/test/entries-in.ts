import { readdir } from 'node:fs/promises'

/** Lists a cache's directory without its log of changes. */
export async function entriesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name !== 'changes')
}
