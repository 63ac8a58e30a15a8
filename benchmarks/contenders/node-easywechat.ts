import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OfficialAccount } from 'node-easywechat'
import { accountId, accountSecret, type Contender } from '../harness/contender.js'

/** What its access token can do besides its declared interface. */
interface RefreshableToken {
  refresh(): Promise<string>
}

/** With the default cache, which is a file for each token. */
export const nodeEasywechat: Contender = {
  name: 'node-easywechat',
  open: ({ url }, accounts) => {
    const path = mkdtempSync(join(tmpdir(), 'lingpai-benchmark-'))
    const tokens = Array.from({ length: accounts }, (_, account) =>
      new OfficialAccount({
        app_id: accountId(account),
        secret: accountSecret,
        http: { baseURL: `${url}/` },
        file_cache: { path, fileMode: 0o600, dirMode: 0o700, ext: '.cache' },
      }).getAccessToken(),
    )
    return {
      getToken: (account) => tokens[account]!.getToken(),
      replaceRejected: (account) => (tokens[account] as unknown as RefreshableToken).refresh(),
      close: async () => {
        rmSync(path, { recursive: true, force: true })
      },
    }
  },
}
