import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { hidesUserExistence } from '../../pools/app-client.ts'
import type { MfaMethod, Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { draftDecoyUser } from '../../users/decoy-user.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { decoyPasskeys } from '../../users/passkeys/decoy-passkey.ts'
import { type Passkey, passkeyCountsAsMfa, requiresUserVerification } from '../../users/passkeys/passkey.ts'
import { findPasskeys } from '../../users/passkeys/passkey-repository.ts'
import { findRelyingParty, type RelyingParty } from '../../users/passkeys/relying-party.ts'
import type { User } from '../../users/user.ts'
import { firstsToward } from '../assurance/goal.ts'
import type { Candidate } from '../candidate.ts'
import { keepsVerifiers } from '../factors/srp/require-verifiers.ts'
import { decideMfa } from '../mfa-decision.ts'
import type { SignInContext, StepUp } from '../sign-in.ts'
import { type FirstFactor, firstFactors } from './first-factor.ts'

/** A choice-based sign-in whose first factor is not proven yet. */
export type ChoiceSignIn = Candidate & {
  readonly context: SignInContext
  /** The name that the user typed at the beginning of the sign-in. */
  readonly name: string
  readonly stepUp: StepUp | undefined
  /** An existing user who is treated as a decoy. Answers show this user's own addresses; all else in them is made up. */
  readonly hiddenUser?: User | undefined
}

export type Choices = {
  readonly available: readonly FirstFactor[]
  /** The user's passkeys for the relying party. */
  readonly passkeys: readonly Passkey[]
  readonly relyingParty: RelyingParty | undefined
  /** The second factors that the user can use. */
  readonly seconds: readonly MfaMethod[]
  /** Whether a passkey has to verify its user: the pool or the user requires that, or the passkey also replaces a second factor. */
  readonly requireUserVerification: boolean
}

export type ChoicesDeps = { readonly db: Db; readonly secrets: Secrets; readonly publicUrl: string }

/**
 * The first factors that the pool allows and the user can use. Where the client hides which users exist, a user without any such factor
 * gets the choices of a decoy. A user of an identity provider is an example.
 *
 * @throws ApiError NotAuthorizedException when the user has no such factor and the client does not hide which users exist.
 */
export async function findChoices(deps: ChoicesDeps, signIn: ChoiceSignIn): Promise<{ signIn: ChoiceSignIn; choices: Choices }> {
  const { context, sub, name, user, stepUp } = signIn
  const { pool, client } = context
  const allowsPasskeys = pool.allowedFirstFactors.includes('WEB_AUTHN')
  // Users and decoys cause the same queries, so that the time reveals nothing.
  const relyingParty = allowsPasskeys ? await findRelyingParty(deps, pool) : undefined
  const stored = allowsPasskeys ? await findPasskeys(deps.db, pool.id, sub) : []
  const hasApp = pool.mfa !== 'OFF' && (await hasSoftwareToken(deps.db, { poolId: pool.id, sub }))

  const hides = hidesUserExistence(client)
  // A decoy is made up for existing users as well: otherwise the time that this takes would reveal which users exist.
  const decoy = hides || user === undefined ? decoyAbilities(deps.secrets, pool, { sub, name, user }, relyingParty) : undefined
  const decoyChoices = decoy && choicesFor(pool, decoy, relyingParty, stepUp)
  if (user !== undefined) {
    const passkeys = stored.filter(({ relyingPartyId }) => relyingPartyId === relyingParty?.id)
    const choices = choicesFor(pool, { user, passkeys, hasApp }, relyingParty, stepUp)
    if (choices.available.length > 0) return { signIn, choices }
  }
  if (decoyChoices === undefined) throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
  return { signIn: { ...signIn, user: undefined, hiddenUser: user }, choices: decoyChoices }
}

type UserAbilities = { readonly user: User; readonly passkeys: readonly Passkey[]; readonly hasApp: boolean; readonly isDecoy?: boolean }

function choicesFor(
  pool: Pool,
  { user, passkeys, hasApp, isDecoy = false }: UserAbilities,
  relyingParty: RelyingParty | undefined,
  stepUp: StepUp | undefined,
): Choices {
  const needsSecondFactor = decideMfa(pool, user, hasApp).kind !== 'pass'
  const seconds = usableMfa(pool, user, hasApp)
  const usable = usableFirstFactors(pool, user, { needsSecondFactor, hasPasskey: passkeys.length > 0 })
  // A decoy that could use no first factor gets those of a user with a password.
  const firsts = isDecoy && usable.length === 0 ? passwordFactors(pool) : usable
  return {
    available: stepUp === undefined ? firsts : firstsToward(stepUp.goal, { firsts, seconds }),
    passkeys,
    relyingParty,
    seconds,
    requireUserVerification: requiresUserVerification(pool) || needsSecondFactor || user.mfa?.passkey === true,
  }
}

/**
 * The abilities of the decoy for `name`. When `user` is undefined, no user has the name. Otherwise `user` has the name, and the client hides
 * which users exist. Then the decoy stands for `user` if `user` has no usable first factor, and it has the addresses of `user`, because
 * other operations show these addresses for the name.
 */
function decoyAbilities(
  secrets: Secrets,
  pool: Pool,
  { sub, name, user }: Pick<ChoiceSignIn, 'sub' | 'name' | 'user'>,
  relyingParty: RelyingParty | undefined,
): UserAbilities {
  const { user: decoy, passkeys, hasSoftwareToken } = draftDecoyUser(secrets, pool, { name, sub })
  return {
    // The decoy has a password, so that its choices are the usual ones, whatever addresses the existing user has.
    user: user === undefined ? decoy : { ...decoy, status: 'CONFIRMED', password: '', attributes: user.attributes },
    passkeys: relyingParty === undefined ? [] : decoyPasskeys(secrets, { poolId: pool.id, sub }, relyingParty, passkeys),
    hasApp: pool.mfa !== 'OFF' && hasSoftwareToken,
    isDecoy: true,
  }
}

/**
 * A code proves only an address, and no second factor follows a code. So a user who needs two factors cannot begin with a code. Neither can
 * a user with a temporary password: the password has to be replaced first (observed).
 */
function usableFirstFactors(
  pool: Pool,
  user: User,
  { needsSecondFactor, hasPasskey }: { readonly needsSecondFactor: boolean; readonly hasPasskey: boolean },
): readonly FirstFactor[] {
  if (user.status === 'EXTERNAL_PROVIDER' || user.status === 'RESET_REQUIRED') return []
  const allowed = pool.allowedFirstFactors
  const isTemporary = user.status === 'FORCE_CHANGE_PASSWORD'
  const hasPassword = allowed.includes('PASSWORD') && user.password !== null
  const byCode = !needsSecondFactor && !isTemporary
  const byPasskey = !isTemporary && (!needsSecondFactor || passkeyCountsAsMfa(pool))
  const usable: Readonly<Record<FirstFactor, boolean>> = {
    PASSWORD_SRP: hasPassword && keepsVerifiers(pool),
    PASSWORD: hasPassword,
    EMAIL_OTP: byCode && allowed.includes('EMAIL_OTP') && Boolean(user.attributes['email']),
    SMS_OTP: byCode && allowed.includes('SMS_OTP') && Boolean(user.attributes['phone_number']),
    WEB_AUTHN: byPasskey && allowed.includes('WEB_AUTHN') && hasPasskey,
  }
  return firstFactors.filter((name) => usable[name])
}

const passwordFactors = (pool: Pool): readonly FirstFactor[] => (keepsVerifiers(pool) ? ['PASSWORD_SRP', 'PASSWORD'] : ['PASSWORD'])
