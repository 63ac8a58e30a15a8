import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { appIds, openFacadeWorld, type FacadeBody, type FacadeWorld } from './facade-world.js'

const run = promisify(execFile)

let world: FacadeWorld
let key: string
beforeAll(async () => {
  world = await openFacadeWorld()
  key = world.key(['shop', 'sales', 'bot'])
})
afterAll(() => world.close())

/** Programs that print the responses of the three token endpoints, a line each, without an SDK. */
const programs: Readonly<Record<string, readonly string[]>> = {
  // -d sends JSON with the content type of a form, as in many examples on the web.
  curl: [
    'sh',
    '-c',
    `curl -s "$1/cgi-bin/token?grant_type=client_credential&appid=$3&secret=$2"; echo
     curl -s "$1/cgi-bin/gettoken?corpid=$4&corpsecret=$2"; echo
     curl -s "$1/app/getAppAccessToken" -d "{\\"appId\\":\\"$5\\",\\"clientSecret\\":\\"$2\\"}"; echo`,
    'curl',
  ],
  python3: [
    'python3',
    '-c',
    `
import json, sys, urllib.parse, urllib.request
url, key, wechat, corp, bot = sys.argv[1:]
def get(path, **query):
    print(urllib.request.urlopen(url + path + '?' + urllib.parse.urlencode(query)).read().decode())
get('/cgi-bin/token', grant_type='client_credential', appid=wechat, secret=key)
get('/cgi-bin/gettoken', corpid=corp, corpsecret=key)
body = json.dumps({'appId': bot, 'clientSecret': key}).encode()
request = urllib.request.Request(url + '/app/getAppAccessToken', body, {'content-type': 'application/json'})
print(urllib.request.urlopen(request).read().decode())
`,
  ],
}

test.each(Object.keys(programs))('%s gets all three tokens', async (program) => {
  if (!(await isThere(program))) {
    process.stdout.write(`not run: there is no ${program} on the PATH\n`)
    return
  }
  const [command = '', ...parts] = programs[program] ?? []
  const { stdout } = await run(command, [...parts, world.url, key, appIds.wechat, appIds.corp, appIds.qq])
  const responses = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FacadeBody)
  expect(responses.map(({ access_token: token }) => token.split('_')[1])).toEqual(['wechat', 'wecom', 'qq'])
  expect(responses.map(({ expires_in: left }) => left)).toEqual([7200, 7200, '7200'])
})

async function isThere(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  )
}
