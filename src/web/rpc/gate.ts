import { authorize, isAllowedOnIdentityPool, signingNames } from '../../access/authorize.ts'
import type { FindCredential } from '../../access/credential.ts'
import { readSignature } from '../../access/signature.ts'
import { headerValues, type RequestHead } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { IamCaller, OperationName, RequestContext } from '../../contract/operation.ts'
import { isLoopbackHost } from '../../loopback.ts'

/**
 * Checks requests to operations that AWS signs, in three steps: the headers, the bytes of the body, its content. A bad request is
 * refused at the earliest step, so that it costs as little as possible.
 *
 * @throws ApiError with AWS's codes and texts, in each step
 */
export type IamGate = (head: GateHead, operation: OperationName) => Promise<CheckedHead>

export type GateHead = RequestHead & {
  readonly context: RequestContext
  /** Whether the client sent the request over TLS, as far as this server and its trusted proxies know. */
  readonly isSecure: boolean
}

export type CheckedHead = { authenticate(body: Buffer): Authenticated }

export type Authenticated = {
  readonly caller: IamCaller
  /** The session of a role whose key signed the request. Undefined for a stored access key. */
  readonly session: { readonly arn: string; readonly identityId: string | undefined } | undefined
  authorize(body: unknown): void
}

/**
 * The gate of `dev`, which listens on loopback only: it accepts any credentials, or none. But a page of another site in the developer's
 * browser can send requests to loopback, too. Browsers name the site in `Origin`, and such requests are refused: the page may do what it
 * could do to a real pool, and nothing that needs an administrator.
 */
export const openGate: IamGate = async (head) => {
  refuseForeignPages(head)
  const accessKeyId = claimedKeyId(head)
  const caller = { accessKeyId, isAllowedOnIdentityPool: () => true }
  return { authenticate: () => ({ caller, session: undefined, authorize: () => undefined }) }
}

/** @throws ApiError AccessDeniedException when a page of another site sent the request */
export function refuseForeignPages(head: GateHead): void {
  for (const origin of headerValues(head.headers, 'origin')) {
    if (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)) continue
    throw new ApiError('AccessDeniedException', 'The development server lets pages of other sites call no operation that AWS signs.')
  }
}

/** The key id in the Authorization header, which is not verified. */
export function claimedKeyId({ headers }: GateHead): string | undefined {
  const authorization = headerValues(headers, 'authorization')[0] ?? ''
  return /\bCredential=([\w-]{1,128})\//.exec(authorization)?.[1]
}

type Options = {
  readonly clock: Clock
  readonly findCredential: FindCredential
  readonly region: string
  readonly accountId: string
}

/** The gate of `serve`: requires a valid SigV4 signature by a credential whose policies allow the operation. */
export function createIamGate({ clock, findCredential, region, accountId }: Options): IamGate {
  return async (head, operation) => {
    const services = [signingNames[definitionOf(operation).service]]
    const signature = await readSignature(head, { now: clock.now(), services, region, findCredential })
    return {
      authenticate(bytes) {
        const { id, principal } = signature.verify(bytes)
        const circumstances = () => ({ ...head.context, isSecure: head.isSecure, now: clock.now(), region })
        const request = { operation, accountId, circumstances }
        const caller: IamCaller = {
          accessKeyId: id,
          // The operations that ask this have no tags, so that no condition asks about their body.
          isAllowedOnIdentityPool: (poolId) => isAllowedOnIdentityPool(principal, { ...request, body: undefined }, poolId),
        }
        const session = principal.session && { arn: principal.arn, identityId: principal.session.identity?.id }
        return { caller, session, authorize: (body) => authorize(principal, { ...request, body }) }
      },
    }
  }
}
