import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../../pools/app-client.ts'
import type { MfaMethod, Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { TriggerCaller } from '../../triggers/trigger-subject.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { decoyPasskey } from '../../users/passkeys/decoy-passkey.ts'
import { countsAsAllFactors, type Passkey, requiresUserVerification } from '../../users/passkeys/passkey.ts'
import { findPasskeys } from '../../users/passkeys/passkey-repository.ts'
import { findRelyingParty, type RelyingParty } from '../../users/passkeys/relying-party.ts'
import type { User } from '../../users/user.ts'
import { firstsToward } from '../assurance/goal.ts'
import type { Candidate } from '../candidate.ts'
import { decideMfa } from '../mfa-decision.ts'
import type { StepUp } from '../sign-in.ts'
import { decoyChoices, decoySeconds } from './decoy-choices.ts'

/** What a sign-in can begin with where users choose, in the order in which Cognito lists it. A password can be proven in two ways. */
export const choiceNames = ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const
export type ChoiceName = (typeof choiceNames)[number]

/** Whoever is to choose. `name` is what they called themselves at the beginning. */
export type Chooser = Candidate & {
  readonly pool: Pool
  readonly client: AppClient
  readonly name: string
  readonly stepUp: StepUp | undefined
  readonly caller: TriggerCaller
}

export type Choices = {
  readonly available: readonly ChoiceName[]
  /** The passkeys that could be used, with whom they belong to. */
  readonly passkeys: readonly Passkey[]
  readonly relyingParty: RelyingParty | undefined
  /** What could follow a password. */
  readonly seconds: readonly MfaMethod[]
  /** Whether a passkey has to verify its user: the pool or the user says so, or it stands for a second factor, too. */
  readonly requireUserVerification: boolean
}

export type ChoicesDeps = { readonly db: Db; readonly secrets: Secrets; readonly publicUrl: string }

/**
 * What the pool allows and the user is able to do. Somebody who could do nothing, such as a user of another identity provider, is not
 * told apart from nobody where the client hides who exists, and gets NotAuthorizedException elsewhere.
 */
export async function findChoices(deps: ChoicesDeps, chooser: Chooser): Promise<{ chooser: Chooser; choices: Choices }> {
  const { pool, client, sub, user, stepUp } = chooser
  const allowsPasskeys = pool.allowedFirstFactors.includes('WEB_AUTHN')
  // The same questions to the database, whoever it is.
  const relyingParty = allowsPasskeys ? await findRelyingParty(deps, pool) : undefined
  const stored = allowsPasskeys ? await findPasskeys(deps.db, pool.id, sub) : []
  const hasApp = pool.mfa !== 'OFF' && (await hasSoftwareToken(deps.db, { poolId: pool.id, sub }))

  if (user !== undefined) {
    const needsSecondFactor = decideMfa(pool, user, hasApp).kind !== 'pass'
    const passkeys = stored.filter(({ relyingPartyId }) => relyingPartyId === relyingParty?.id)
    const seconds = usableMfa(pool, user, hasApp)
    const firsts = choicesOf(pool, user, { needsSecondFactor, hasPasskey: passkeys.length > 0 })
    const available = stepUp === undefined ? firsts : firstsToward(stepUp.goal, { firsts, seconds })
    const requireUserVerification = requiresUserVerification(pool) || needsSecondFactor || user.mfa?.passkey === true
    if (available.length > 0) return { chooser, choices: { available, passkeys, relyingParty, seconds, requireUserVerification } }
    if (!hidesUserExistence(client)) throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
  }
  return { chooser: { ...chooser, user: undefined }, choices: choicesOfNobody(deps.secrets, chooser, relyingParty) }
}

type Abilities = { readonly needsSecondFactor: boolean; readonly hasPasskey: boolean }

/**
 * A code proves an address, so whoever needs two factors is not offered to begin with one; nor is somebody with a temporary password,
 * which is to be replaced first (observed).
 */
function choicesOf(pool: Pool, user: User, { needsSecondFactor, hasPasskey }: Abilities): readonly ChoiceName[] {
  if (user.status === 'EXTERNAL_PROVIDER' || user.status === 'RESET_REQUIRED') return []
  const allowed = pool.allowedFirstFactors
  const isTemporary = user.status === 'FORCE_CHANGE_PASSWORD'
  const hasPassword = allowed.includes('PASSWORD') && user.password !== null
  const byCode = !needsSecondFactor && !isTemporary
  const byPasskey = !isTemporary && (!needsSecondFactor || countsAsAllFactors(pool))
  const able: Readonly<Record<ChoiceName, boolean>> = {
    PASSWORD_SRP: hasPassword,
    PASSWORD: hasPassword,
    EMAIL_OTP: byCode && allowed.includes('EMAIL_OTP') && Boolean(user.attributes['email']),
    SMS_OTP: byCode && allowed.includes('SMS_OTP') && Boolean(user.attributes['phone_number']),
    WEB_AUTHN: byPasskey && allowed.includes('WEB_AUTHN') && hasPasskey,
  }
  return choiceNames.filter((name) => able[name])
}

function choicesOfNobody(secrets: Secrets, { pool, sub, name, stepUp }: Chooser, relyingParty: RelyingParty | undefined): Choices {
  const seconds = decoySeconds(secrets, pool, name)
  const able = decoyChoices(secrets, pool, name).filter((choice) => choice !== 'WEB_AUTHN' || relyingParty !== undefined)
  return {
    available: stepUp === undefined ? able : firstsToward(stepUp.goal, { firsts: able, seconds }),
    seconds,
    passkeys: relyingParty === undefined ? [] : [decoyPasskey(secrets, pool, sub, relyingParty)],
    relyingParty,
    requireUserVerification: requiresUserVerification(pool) || (pool.mfa === 'ON' && countsAsAllFactors(pool)),
  }
}
