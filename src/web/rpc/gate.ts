import type { FindAccessKey } from '../../access/access-key-cache.ts'
import { authorize, signingNames } from '../../access/authorize.ts'
import { verifySignature } from '../../access/signature.ts'
import { headerValues, type SignedRequest } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { factsOf } from '../../contract/model.ts'
import type { IamCaller, OperationName } from '../../contract/operation.ts'
import { isLoopbackHost } from '../../loopback.ts'

/** Decides whether a request to an operation that AWS signs may pass, and says whose it is. Throws ApiError with AWS's codes and texts. */
export type IamGate = (request: SignedRequest, operation: OperationName, body: unknown) => Promise<IamCaller>

/**
 * `dev`: any credentials pass, or none; it listens on loopback only. But a page of some other site that the developer visits runs on
 * this machine, too, and browsers name it in Origin: it may do what it could do to a real pool, and administrate nothing.
 */
export const openGate: IamGate = async (request) => {
  for (const origin of headerValues(request.headers, 'origin')) {
    if (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)) continue
    throw new ApiError('AccessDeniedException', 'The development server lets pages of other sites call no operation that AWS signs.')
  }
  return { accessKeyId: namedKey(headerValues(request.headers, 'authorization')[0]) }
}

/** The id of the key that an Authorization header names, proven or not. */
function namedKey(authorization = ''): string | undefined {
  return /\bCredential=([\w-]{1,128})\//.exec(authorization)?.[1]
}

type Options = {
  readonly clock: Clock
  readonly secrets: Secrets
  readonly findKey: FindAccessKey
  readonly region: string
  readonly accountId: string
}

/** `serve`: a valid SigV4 signature by an access key whose policy allows the operation. */
export function createIamGate({ clock, secrets, findKey, region, accountId }: Options): IamGate {
  return async (request, operation, body) => {
    const services = [signingNames[factsOf(operation).service]]
    const key = await verifySignature(request, { now: clock.now(), services, region, secrets, findKey })
    authorize(key, { operation, body, accountId })
    return { accessKeyId: key.id }
  }
}
