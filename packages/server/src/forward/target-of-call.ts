import { ApiError } from '../http/api-error.js'
import { mayCall, targetBase, type TargetBase } from './call-target.js'
import type { FoundCredential } from './find-credential.js'
import type { Identity } from './identity.js'
import { isForeignPath } from './platform-of-call.js'

/** Returns the API that a call goes to. @throws ApiError 401 if it is not one of the account, 403 if the key may not call the path */
export function targetOf({ caller, account }: Identity, { place }: FoundCredential, path: string): TargetBase {
  const target = targetBase(account, place, path)
  if (target === undefined || isForeignPath(path, account.provider.id))
    throw new ApiError('ERR_UNAUTHENTICATED', 'this token belongs to an account of another platform')
  if (!mayCall(caller.key.paths, path)) throw new ApiError('ERR_FORBIDDEN', 'this key may not call this path')
  return target
}
