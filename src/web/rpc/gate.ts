import type { FindAccessKey } from '../../access/access-key-cache.ts'
import { authorize, signingNames } from '../../access/authorize.ts'
import { verifySignature } from '../../access/signature.ts'
import type { SignedRequest } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { factsOf } from '../../contract/model.ts'
import type { OperationName } from '../../contract/operation.ts'

/** Decides whether a request to an operation that AWS signs may pass. Throws ApiError with AWS's codes and texts. */
export type IamGate = (request: SignedRequest, operation: OperationName, body: unknown) => Promise<void>

/** `dev`: any credentials pass, or none. It listens on loopback only. */
export const openGate: IamGate = async () => {}

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
    const key = await verifySignature({ ...request, now: clock.now(), services, region, secrets, findKey })
    authorize(key, { operation, body, region, accountId })
  }
}
