// Another program of the same team. It has only the cache directory in common with the first one.
import { createHash } from 'node:crypto'
import { fileCache } from '@lingpai/cache-file'
import { TokenManager } from '@lingpai/core'
import { cast } from './cast.js'

const { STORY_DIRECTORY: directory = '', STORY_URL: url = '' } = process.env
await using tokens = new TokenManager({ cache: fileCache({ directory }) })

const digests: Record<string, string> = {}
for (const { platform, source } of cast(tokens, url, 'first')) {
  digests[platform] = createHash('sha256')
    .update(await source.getAccessToken())
    .digest('hex')
}
process.stdout.write(JSON.stringify(digests))
