import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const example = join(import.meta.dirname, '../../../examples/qq-echo-bot/qq-echo-bot.ts')

/** Runs the example as `npm run example:qq-echo-bot` does, with only these credentials. */
function run(credentials: Readonly<Record<string, string>> = {}) {
  const others = Object.entries(process.env).filter(([name]) => !/^QQ_?BOT/.test(name))
  const env = { ...Object.fromEntries(others), ...credentials }
  return promisify(execFile)(process.execPath, ['--conditions=@lingpai/source', '--import', 'tsx', example], { env })
}

test('the echo bot rehearsal echoes every message once across a revoked token, a lost connection and a restart', async () => {
  const { stdout, stderr } = await run()
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    'As the platform counted: 7 messages to the bot, 7 echoes, none lost and none twice; 2 tokens, 1 session, 2 resumes.',
  )
  expect(stderr).toBe('')
})

test('the echo bot with one of two credentials names the missing one and exits', async () => {
  const ended = run({ QQBOT_APPID: '102000001' })
  await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('QQ_BOT_SECRET') as unknown })
})
