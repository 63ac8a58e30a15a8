import type * as NodeCrypto from 'node:crypto'
import { createRequire } from 'node:module'

let loaded: typeof NodeCrypto | undefined

/**
 * `node:crypto`, loaded at its first use: loading it takes longer than loading this package, and no import needs it. The
 * path is of no consequence for a module of Node.js.
 */
export function nodeCrypto(): typeof NodeCrypto {
  return (loaded ??= createRequire('/')('node:crypto') as typeof NodeCrypto)
}
