import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { RiskSettings } from '../../pools/risk/risk-configuration.ts'
import type { BreachedPasswords } from './breached-passwords.ts'

/** What a password is for, by the names of EventFilter. */
export type PasswordEvent = NonNullable<RiskSettings['compromised']>['events'][number]

type Where = { readonly pool: Pool; readonly client: Pick<AppClient, 'id'> }

export type ScreenedPassword = {
  /** Undefined where the password was not looked up, and when the source gave no answer. */
  readonly isCompromised: boolean | undefined
  /** Whether the password must not be used: it is stolen, and the pool acts on that. */
  readonly isBlocked: boolean
}

/** Looks up passwords as the risk configuration of the pool or app client says. In pools without threat protection it does nothing. */
export type PasswordScreening = {
  /**
   * Screens a password that is right, or that may become the user's. Call it outside of any transaction: it may take a second.
   * @throws ApiError TooManyRequestsException when the source gives no answer, and the pool refuses such passwords
   */
  screen(where: Where, event: PasswordEvent, password: string): Promise<ScreenedPassword>
  /** Whether the pool acts on stolen passwords in this event. */
  blocks(where: Where, event: PasswordEvent): Promise<boolean>
}

const notScreened: ScreenedPassword = { isCompromised: undefined, isBlocked: false }

/** Where CompromisedCredentialsRiskConfiguration is not set, a stolen password is recorded only. */
const recordOnly: NonNullable<RiskSettings['compromised']> = { events: ['SIGN_UP', 'SIGN_IN', 'PASSWORD_CHANGE'], action: 'NO_ACTION' }

type Deps = { readonly pools: Pick<PoolCatalog, 'findRiskOf'>; readonly breachedPasswords: Pick<BreachedPasswords, 'lookUp'> }

export function createPasswordScreening({ pools, breachedPasswords }: Deps): PasswordScreening {
  /** Undefined: a password is not looked up in this event. */
  async function findAction({ pool, client }: Where, event: PasswordEvent): Promise<'BLOCK' | 'NO_ACTION' | undefined> {
    const settings = await pools.findRiskOf(pool, client)
    if (settings === undefined) return undefined
    const { events, action } = settings.compromised ?? recordOnly
    if (!events.includes(event)) return undefined
    return pool.addOns?.advancedSecurityMode === 'ENFORCED' ? action : 'NO_ACTION'
  }

  return {
    async screen(where, event, password) {
      const action = await findAction(where, event)
      if (action === undefined) return notScreened
      const result = await breachedPasswords.lookUp(password)
      const acts = action === 'BLOCK'
      if (result !== 'unknown') return { isCompromised: result === 'stolen', isBlocked: acts && result === 'stolen' }
      if (acts && threatProtectionOf(where.pool).breachSourceFailure === 'REFUSE') throw passwordNotChecked()
      return notScreened
    },
    blocks: async (where, event) => (await findAction(where, event)) === 'BLOCK',
  }
}

/** All operations that take a password may answer with this code, and clients retry after it. */
const passwordNotChecked = () =>
  new ApiError('TooManyRequestsException', 'The password could not be compared with the list of stolen passwords. Please try again.')

/**
 * Screens a password that is to become the user's, if there is one.
 * @throws ApiError InvalidPasswordException when it is stolen and must not be used
 * @throws ApiError as `screen` does
 */
export async function requireNotStolen(
  { passwordScreening }: { readonly passwordScreening: Pick<PasswordScreening, 'screen'> },
  where: Where,
  event: PasswordEvent,
  password: string | undefined,
): Promise<ScreenedPassword> {
  if (password === undefined) return notScreened
  const screened = await passwordScreening.screen(where, event, password)
  if (screened.isBlocked) throw stolenPassword()
  return screened
}

/** The text is Cognito's (observed). It does not contain the password. */
export const stolenPassword = () => new ApiError('InvalidPasswordException', 'Provided password cannot be used for security reasons.')
