import type { FindCredential, SigningPrincipal } from '../../access/credential.ts'
import { readSignature } from '../../access/signature.ts'
import { headerValues } from '../../access/signed-request.ts'
import type { Clock } from '../../base/clock.ts'
import { claimedKeyId, type GateHead } from '../rpc/gate.ts'

export type CallerIdentity = Pick<SigningPrincipal, 'arn' | 'userId' | 'accountId'> & { readonly keyId: string }

/**
 * Who signed a request.
 * @throws ApiError with AWS's codes when the signature is missing or wrong
 */
export type IdentifyCaller = (head: GateHead, body: Buffer) => Promise<CallerIdentity>

type Options = { readonly clock: Clock; readonly findCredential: FindCredential; readonly accountId: string }

/** Clients sign for the region that they are set to, or for `us-east-1` where they use the global endpoint. So any region is accepted. */
export function identifySigner({ clock, findCredential }: Options): IdentifyCaller {
  return async (head, body) => {
    const signature = await readSignature(head, { now: clock.now(), services: ['sts'], region: undefined, findCredential })
    const { id, principal } = signature.verify(body)
    return { keyId: id, ...principal }
  }
}

/** The development server accepts any credentials. It names the owner of those that it gave itself, and the account for all others. */
export function identifyAnyone({ findCredential, accountId }: Options): IdentifyCaller {
  return async ({ headers }) => {
    const keyId = claimedKeyId(headerValues(headers, 'authorization')[0]) ?? 'AKIAANONYMOUS0000000'
    const known = await findCredential(keyId, headerValues(headers, 'x-amz-security-token')[0])
    if (known !== undefined) return { keyId, ...known.principal }
    return { keyId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId, accountId }
  }
}
