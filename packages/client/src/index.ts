export type { PlatformProvider } from './token-server-provider.js'
export { TokenServerClient, type CentralSourceOptions, type TokenServerClientOptions } from './token-server-client.js'
