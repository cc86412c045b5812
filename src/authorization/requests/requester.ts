import type { SigningPrincipal } from '../../access/credential.ts'
import type { DecisionReasonType, RequestPrincipalType } from '../../contract/generated/types.ts'

/** Who made a request that another service received. */
export type Requester = {
  /** What decides about an action. Undefined for a token without a role. */
  readonly principal: Pick<SigningPrincipal, 'policies' | 'keys'> | undefined
  readonly isPayloadSigned: boolean
  /** Epoch milliseconds. Undefined when the credentials do not end by themselves. */
  readonly expiresAt: number | undefined
  readonly description: RequestPrincipalType
}

/** What the service demands of a token, in addition to what the policies say. */
export type TokenRequirements = {
  /** The only user pool whose tokens are accepted. Without it no token is accepted. */
  readonly userPoolId: string | undefined
  /** Undefined accepts any app client of the pool. */
  readonly clientIds: readonly string[] | undefined
  /** The user has to be in one of these groups. */
  readonly groups: readonly string[] | undefined
  /** The token has to have all of these scopes. */
  readonly scopes: readonly string[] | undefined
}

/** The request is refused because of its credentials. The message is for the log of the service. */
export class RefusedCredentials extends Error {
  override name = 'RefusedCredentials'
  readonly reason: DecisionReasonType

  constructor(reason: DecisionReasonType, message: string) {
    super(message)
    this.reason = reason
  }
}
