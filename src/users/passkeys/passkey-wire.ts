import type { WebAuthnCredentialDescription } from '../../contract/generated/types.ts'
import { signInNameOf } from '../../messaging/test-user-code.ts'
import type { Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'
import { type Passkey, requiresUserVerification, userHandleOf } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'
import { passkeyAlgorithms } from './verify-attestation.ts'

/** The argument of `navigator.credentials.create` (PublicKeyCredentialCreationOptionsJSON), with the members that Cognito sends. */
export function writeCreationOptions(
  pool: Pool,
  user: User,
  { challenge, relyingParty, existing }: { challenge: string; relyingParty: RelyingParty; existing: readonly Passkey[] },
) {
  const name = signInNameOf(pool, user)
  return {
    authenticatorSelection: {
      requireResidentKey: true,
      residentKey: 'required',
      userVerification: requiresUserVerification(pool) ? 'required' : 'preferred',
    },
    challenge,
    excludeCredentials: existing.map(({ id }) => ({ id, type: 'public-key' })),
    pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ alg, type: 'public-key' })),
    rp: { id: relyingParty.id, name: relyingParty.id },
    timeout: 60_000,
    user: { displayName: user.attributes['name'] ?? name, id: userHandleOf(user.sub), name },
  }
}

/** The argument of `navigator.credentials.get` (PublicKeyCredentialRequestOptionsJSON). */
export function writeRequestOptions(
  { challenge, relyingParty, passkeys }: { challenge: string; relyingParty: RelyingParty; passkeys: readonly Passkey[] },
  { requireUserVerification }: { requireUserVerification: boolean },
) {
  return {
    challenge,
    timeout: 180_000,
    rpId: relyingParty.id,
    allowCredentials: passkeys.map(({ id, transports }) => ({ type: 'public-key', id, transports })),
    userVerification: requireUserVerification ? 'required' : 'preferred',
  }
}

export function writePasskey(passkey: Passkey): WebAuthnCredentialDescription {
  return {
    CredentialId: passkey.id,
    FriendlyCredentialName: passkey.name,
    RelyingPartyId: passkey.relyingPartyId,
    AuthenticatorAttachment: passkey.attachment,
    AuthenticatorTransports: [...passkey.transports],
    CreatedAt: new Date(passkey.createdAt),
  }
}
