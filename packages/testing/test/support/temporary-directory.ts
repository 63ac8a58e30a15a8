import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives a fresh directory to each call; all are removed when the test is over. */
export function temporaryDirectories(): () => Promise<string> {
  const made: string[] = []
  afterEach(async () => {
    for (const path of made.splice(0)) {
      await chmod(path, 0o700)
      await rm(path, { recursive: true, force: true })
    }
  })
  return async () => {
    const path = await mkdtemp(join(tmpdir(), 'lingpai-'))
    made.push(path)
    return path
  }
}
