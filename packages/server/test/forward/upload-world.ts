import { startSimulator, type Simulator } from '@lingpai/testing/simulator'
import { bundled } from '../../../testing/test/support/bundle.js'
import { startProgram, type Child } from '../../../testing/test/support/child.js'
import type { SdkPlace } from '../facades/children/sdk.js'
import { startApiRecorder, type ApiRecorder } from './api-recorder.js'
import type { ServerFacts, ServerMemory, ServerPlace } from './children/server-process.js'

export type UploadPlatform = keyof ServerFacts['tokens']

/** A server in a process of its own. Tokens come from a simulator, and uploads go to a recorder. */
export interface UploadWorld {
  readonly simulator: Simulator
  readonly api: ApiRecorder
  readonly url: string
  place(platform: UploadPlatform): SdkPlace
  /** Returns the bytes of all buffers that the server has in use. */
  buffers(): Promise<number>
  close(): Promise<void>
}

const program = bundled(new URL('children/server-process.ts', import.meta.url))

export async function openUploadWorld(forward: ServerFacts['forward'] = true): Promise<UploadWorld> {
  const simulator = await startSimulator()
  const { wechat, feishu } = simulator.accounts
  const api = await startApiRecorder()
  const facts: ServerFacts = {
    tokens: { wechat: `${simulator.url}/wechat`, feishu: `${simulator.url}/feishu` },
    apis: api.url,
    accounts: { wechat, feishu },
    forward,
  }
  const child = startProgram({ file: await program, args: [JSON.stringify(facts)], options: ['--expose-gc'] })
  const { url, key } = await printed<ServerPlace>(child)
  return {
    simulator,
    api,
    url,
    place: (platform) => ({ tokens: url, apis: url, appId: { wechat, feishu }[platform].appId, secret: key }),
    buffers: async () => {
      child.tell('')
      return (await printed<ServerMemory>(child)).buffers
    },
    close: async () => {
      child.signal('SIGKILL')
      await child.ended
      await api.close()
      await simulator.close()
    },
  }
}

async function printed<Line>(child: Child): Promise<Line> {
  return JSON.parse((await child.line()) ?? '{}') as Line
}
