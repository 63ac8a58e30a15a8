import type { PlatformKind } from './platform.js'
import type { PlatformName } from './platform-name.js'
import { qqKind } from './qq.js'
import { wechatKind } from './wechat.js'
import { wecomKind } from './wecom.js'

/** Every platform that is simulated. */
export const platformKinds: Readonly<Record<PlatformName, PlatformKind>> = {
  qq: qqKind,
  wechat: wechatKind,
  wecom: wecomKind,
}
