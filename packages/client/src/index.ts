export type { PlatformProvider } from './token-server-provider.js'
export {
  TokenServerClient,
  type TokenServerSourceOptions,
  type TokenServerClientOptions,
} from './token-server-client.js'
