import type { PlatformKind } from './platform.js'
import { qqKind } from './qq.js'
import { wechatKind } from './wechat.js'
import { wecomKind } from './wecom.js'

/** Every platform that is simulated. */
export const platformKinds: readonly PlatformKind[] = [qqKind, wechatKind, wecomKind]
