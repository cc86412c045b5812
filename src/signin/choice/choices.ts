import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../../pools/app-client.ts'
import type { MfaMethod, Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext } from '../../triggers/trigger.ts'
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
import { decideMfa } from '../mfa-decision.ts'
import type { StepUp } from '../sign-in.ts'

/** What a sign-in can begin with where users choose, in the order in which Cognito lists it. A password can be proven in two ways. */
export const choiceNames = ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const
export type ChoiceName = (typeof choiceNames)[number]

/** Whoever is to choose. `name` is what they called themselves at the beginning. */
export type Chooser = Candidate & {
  readonly pool: Pool
  readonly client: AppClient
  readonly name: string
  readonly stepUp: StepUp | undefined
  readonly caller: CallerContext
  /** A user of that name who is treated like a stranger, but for the addresses that are shown. */
  readonly known?: User | undefined
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
 * What the pool allows and the user is able to do. Where the client hides who exists, a user who could do nothing, such as one of another
 * identity provider, is shown what a stranger is shown; elsewhere such a user gets NotAuthorizedException.
 */
export async function findChoices(deps: ChoicesDeps, chooser: Chooser): Promise<{ chooser: Chooser; choices: Choices }> {
  const { pool, client, sub, name, user, stepUp } = chooser
  const allowsPasskeys = pool.allowedFirstFactors.includes('WEB_AUTHN')
  // The same questions to the database, whoever it is.
  const relyingParty = allowsPasskeys ? await findRelyingParty(deps, pool) : undefined
  const stored = allowsPasskeys ? await findPasskeys(deps.db, pool.id, sub) : []
  const hasApp = pool.mfa !== 'OFF' && (await hasSoftwareToken(deps.db, { poolId: pool.id, sub }))

  const hides = hidesUserExistence(client)
  // Made up for users as well: it takes a moment.
  const decoy = hides || user === undefined ? makeUpChooser(deps.secrets, pool, { sub, name, user }, relyingParty) : undefined
  const unknown = decoy && choicesFor(pool, decoy, relyingParty, stepUp)
  if (user !== undefined) {
    const passkeys = stored.filter(({ relyingPartyId }) => relyingPartyId === relyingParty?.id)
    const choices = choicesFor(pool, { user, passkeys, hasApp }, relyingParty, stepUp)
    if (choices.available.length > 0) return { chooser, choices }
  }
  if (unknown === undefined) throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
  return { chooser: { ...chooser, user: undefined, known: user }, choices: unknown }
}

type Able = { readonly user: User; readonly passkeys: readonly Passkey[]; readonly hasApp: boolean; readonly isDecoy?: boolean }

function choicesFor(
  pool: Pool,
  { user, passkeys, hasApp, isDecoy = false }: Able,
  relyingParty: RelyingParty | undefined,
  stepUp: StepUp | undefined,
): Choices {
  const needsSecondFactor = decideMfa(pool, user, hasApp).kind !== 'pass'
  const seconds = usableMfa(pool, user, hasApp)
  const able = choicesOf(pool, user, { needsSecondFactor, hasPasskey: passkeys.length > 0 })
  // A user who does not exist is never seen to be unable to sign in.
  const firsts = isDecoy && able.length === 0 ? (['PASSWORD_SRP', 'PASSWORD'] as const) : able
  return {
    available: stepUp === undefined ? firsts : firstsToward(stepUp.goal, { firsts, seconds }),
    passkeys,
    relyingParty,
    seconds,
    requireUserVerification: requiresUserVerification(pool) || needsSecondFactor || user.mfa?.passkey === true,
  }
}

/** A user made up for the name. What other operations show of a user who has it, their addresses, is the same here. */
function makeUpChooser(
  secrets: Secrets,
  pool: Pool,
  { sub, name, user }: Pick<Chooser, 'sub' | 'name' | 'user'>,
  relyingParty: RelyingParty | undefined,
): Able {
  const { user: madeUp, passkeys, hasSoftwareToken } = draftDecoyUser(secrets, pool, { name, sub })
  return {
    // With a password the usual choices are left, whatever addresses the user has.
    user: user === undefined ? madeUp : { ...madeUp, status: 'CONFIRMED', password: '', attributes: user.attributes },
    passkeys: relyingParty === undefined ? [] : decoyPasskeys(secrets, { poolId: pool.id, sub }, relyingParty, passkeys),
    hasApp: pool.mfa !== 'OFF' && hasSoftwareToken,
    isDecoy: true,
  }
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
  const byPasskey = !isTemporary && (!needsSecondFactor || passkeyCountsAsMfa(pool))
  const able: Readonly<Record<ChoiceName, boolean>> = {
    PASSWORD_SRP: hasPassword,
    PASSWORD: hasPassword,
    EMAIL_OTP: byCode && allowed.includes('EMAIL_OTP') && Boolean(user.attributes['email']),
    SMS_OTP: byCode && allowed.includes('SMS_OTP') && Boolean(user.attributes['phone_number']),
    WEB_AUTHN: byPasskey && allowed.includes('WEB_AUTHN') && hasPasskey,
  }
  return choiceNames.filter((name) => able[name])
}
