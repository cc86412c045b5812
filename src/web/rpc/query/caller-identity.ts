import { readSignatureClaim } from '../../../access/authorization-header.ts'
import type { FindCredential, SigningPrincipal } from '../../../access/credential.ts'
import { readSignature } from '../../../access/signature.ts'
import { headerValues } from '../../../access/signed-request.ts'
import type { Clock } from '../../../base/clock.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { claimedKeyId, type GateHead, refuseForeignPages } from '../gate.ts'

type CallerIdentity = Pick<SigningPrincipal, 'arn' | 'accountId' | 'userId'> & { readonly accessKeyId: string }

/**
 * Who signed a request of the STS.
 * @throws ApiError with the codes of `readSignature` when the request is not signed as it should be
 */
export type IdentifyCaller = (head: GateHead, body: Buffer) => Promise<CallerIdentity>

type Options = {
  readonly clock: Clock
  readonly findCredential: FindCredential
  readonly region: string
  readonly accountId: string
}

/** Clients of STS sign for this region unless they are set to regional endpoints. */
const globalRegion = 'us-east-1'

/** The check of `serve`. */
export function identifyBySignature({ clock, findCredential, region }: Omit<Options, 'accountId'>): IdentifyCaller {
  return async (head, body) => {
    const isGlobal = readSignatureClaim(head.headers).region === globalRegion
    const scope = { services: ['sts'], region: isGlobal ? globalRegion : region }
    const signature = await readSignature(head, { now: clock.now(), ...scope, findCredential })
    const { id, principal } = signature.verify(body)
    return { ...principal, accessKeyId: id }
  }
}

/** `dev` checks no signature, as for all operations that AWS signs. A key that is not stored is answered like one that is. */
export function identifyByClaim({ findCredential, accountId }: Omit<Options, 'clock' | 'region'>): IdentifyCaller {
  return async (head) => {
    refuseForeignPages(head)
    const accessKeyId = claimedKeyId(head)
    if (accessKeyId === undefined) throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token')
    const [sessionToken] = headerValues(head.headers, 'x-amz-security-token')
    const known = await findCredential(accessKeyId, sessionToken)
    const made = { arn: `arn:aws:iam::${accountId}:access-key/${accessKeyId}`, accountId, userId: accessKeyId }
    return { ...(known?.principal ?? made), accessKeyId }
  }
}
