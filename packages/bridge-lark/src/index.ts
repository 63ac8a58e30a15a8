export { larkBridge, type LarkBridge } from './lark-bridge.js'
export type { LarkBridgeOptions } from './options.js'
