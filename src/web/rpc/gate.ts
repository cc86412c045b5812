import type { FindAccessKey } from '../../access/access-key-cache.ts'
import { authorize, signingNames } from '../../access/authorize.ts'
import { readSignature } from '../../access/signature.ts'
import { headerValues, type RequestHead } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { IamCaller, OperationName } from '../../contract/operation.ts'
import { isLoopbackHost } from '../../loopback.ts'

/**
 * Lets requests to operations that AWS signs pass, in three steps, so that nothing is done for a stranger that can be refused before: by the
 * headers, by the bytes of the body, by what is in it. Each throws ApiError with AWS's codes and texts.
 */
export type IamGate = (head: RequestHead, operation: OperationName) => Promise<HeadPassed>

export type HeadPassed = { authenticate(body: Buffer): Authenticated }

export type Authenticated = { readonly caller: IamCaller; authorize(body: unknown): void }

/**
 * `dev`: any credentials pass, or none; it listens on loopback only. But a page of some other site that the developer visits runs on
 * this machine, too, and browsers name it in Origin: it may do what it could do to a real pool, and administrate nothing.
 */
export const openGate: IamGate = async (head) => {
  for (const origin of headerValues(head.headers, 'origin')) {
    if (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)) continue
    throw new ApiError('AccessDeniedException', 'The development server lets pages of other sites call no operation that AWS signs.')
  }
  const caller = { accessKeyId: namedKey(headerValues(head.headers, 'authorization')[0]) }
  return { authenticate: () => ({ caller, authorize: () => undefined }) }
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
  return async (head, operation) => {
    const services = [signingNames[definitionOf(operation).service]]
    const signature = await readSignature(head, { now: clock.now(), services, region, secrets, findKey })
    return {
      authenticate(bytes) {
        const key = signature.verify(bytes)
        const caller = { accessKeyId: key.id }
        return { caller, authorize: (body) => authorize(key, { operation, body, accountId }) }
      },
    }
  }
}
