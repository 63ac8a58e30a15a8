import type { Facade, UnservedCall } from '../facades/facade.js'
import { facades } from '../facades/generated-list.js'

/** The platform of a call, and the HTTP status of its API's errors. */
export interface PlatformOfCall {
  readonly platform: Facade['platform']
  readonly status: number
}

/** Finds the platform in whose format errors of a call are sent. @param providerId of the account, if it is known */
export function platformOfCall(call: UnservedCall, providerId?: string): PlatformOfCall | undefined {
  const own = facades.filter(({ platform }) => platform.providerId === providerId)
  const facade = (providerId === undefined ? facades : own).find(({ unserved }) => unserved?.isApiCall(call)) ?? own[0]
  return facade && { platform: facade.platform, status: facade.unserved?.status ?? 200 }
}

/** Whether a path belongs to the API of other platforms only, so that a call with this platform's token is a mistake. */
export function isForeignPath(path: string, providerId: string): boolean {
  const call = { path, query: '', authorization: '' }
  let isKnown = false
  for (const { platform, unserved } of facades) {
    if (unserved?.isApiCall(call) !== true) continue
    if (platform.providerId === providerId) return false
    isKnown = true
  }
  return isKnown
}
