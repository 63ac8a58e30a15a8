import { memoryCache } from '@lingpai/cache-memory'
import { TokenManager } from '@lingpai/core'

const callers = 50

/**
 * Runs programs that use an SDK, each with 50 callers at once: cold, and after its token was revoked. Prints the token requests and failed
 * calls, and makes the process exit with code 1 if a count differs from the expected one.
 *
 * @typedef {object} Program
 * @property {readonly (number | readonly [least: number, most: number])[]} expected token requests and failed calls, cold and then revoked
 * @property {(source: import('@lingpai/core').TokenSource) => (index: number) => Promise<unknown>} start returns a call
 *
 * @param {Record<string, Program>} programs by name
 * @param {object} platform
 * @param {(tokens: TokenManager) => import('@lingpai/core').TokenSource} platform.source the source of a program
 * @param {() => number} platform.tokenRequests the number so far
 * @param {() => void} platform.revoke revokes all tokens
 */
export async function countPrograms(programs, { source, tokenRequests, revoke }) {
  const storm = async (call) => {
    const before = tokenRequests()
    const outcomes = await Promise.allSettled(Array.from({ length: callers }, (_, index) => call(index)))
    return [tokenRequests() - before, outcomes.filter(({ status }) => status === 'rejected').length]
  }
  console.log(`${callers} callers at once. Token requests and failed calls, cold, and after the token was revoked:`)
  for (const [name, { start, expected }] of Object.entries(programs)) {
    const tokens = new TokenManager({ cache: memoryCache() })
    const call = start(source(tokens))
    revoke()
    const cold = await storm(call)
    revoke()
    const counts = [...cold, ...(await storm(call))]
    await tokens.close()
    const isExpected = counts.every((count, index) => {
      const [least, most = least] = [expected[index]].flat()
      return count >= least && count <= most
    })
    console.log(`${isExpected ? 'ok  ' : 'FAIL'} ${name.padEnd(66)} ${counts.join('  ')}`)
    if (!isExpected) process.exitCode = 1
  }
}
