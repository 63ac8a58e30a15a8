export { accountRegister, type AccountRegister, type AccountsChange } from './accounts/account-register.js'
export {
  clientRoles,
  createClientKey,
  type ClientKey,
  type ClientKeyWishes,
  type ClientRole,
} from './keys/client-key.js'
export { changeKeysFile, openKeysFile, readKeysFile, type KeysFile, type KeysFileOptions } from './keys/keys-file.js'
export { readLastUse } from './keys/last-use.js'
export { watchFile } from './watch-file.js'
export { clientKeys, type ClientKeys, type ReplaceableClientKeys } from './keys/client-keys.js'
export type { AnyProvider, ServedAccount } from './accounts/served-account.js'
export { startTokenServer, type RunningTokenServer, type StartOptions, type TlsFiles } from './start-token-server.js'
export type { ForwardOptions } from './forward/forward-options.js'
export { tokenServer } from './token-server.js'
export type { TokenServerOptions } from './token-server-options.js'
