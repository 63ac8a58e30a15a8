export type { PlatformProvider } from './central-provider.js'
export { TokenServerClient, type CentralSourceOptions, type TokenServerClientOptions } from './token-server-client.js'
