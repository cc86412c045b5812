import { ApiError } from '../../../contract/api-error.ts'
import { recoveryCodesOf } from '../../../pools/extensions/pool-extensions.ts'
import { mfaMethodsOf } from '../../../pools/mfa/mfa-methods.ts'
import { type MfaMethod, mfaMethods } from '../../../pools/pool.ts'
import { associateSoftwareToken } from '../../../signin/factors/totp/associate-software-token.operation.ts'
import { verifySoftwareToken } from '../../../signin/factors/totp/verify-software-token.operation.ts'
import type { Db } from '../../../storage/db.ts'
import { usableMfa } from '../../../users/mfa/mfa-methods.ts'
import { setUserMfaPreference } from '../../../users/mfa/set-user-mfa-preference.operation.ts'
import { openSoftwareSecret } from '../../../users/mfa/software-token.ts'
import { findSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { createRecoveryCodes } from '../../../users/recovery-codes/create-recovery-codes.operation.ts'
import { findRecoveryCodeSet } from '../../../users/recovery-codes/recovery-code-repository.ts'
import { maySelfServe } from '../../../users/self-service/self-service.ts'
import { asksSecondFactor } from '../../domain-session/fresh-proof.ts'
import { codeIn } from '../../login/typed-values.ts'
import type { Parameters } from '../../parameters.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { callAsUser } from '../call-as-user.ts'
import { type ActionResult, section } from '../section.ts'

export type FactorRow = {
  readonly method: MfaMethod
  /** Whether the user has the app, or the address that codes go to. */
  readonly isUsable: boolean
  readonly isEnabled: boolean
  readonly isPreferred: boolean
}

export type FactorsView =
  | {
      readonly kind: 'list'
      readonly rows: readonly FactorRow[]
      /** Whether every sign-in needs a second factor, so that none can be turned off. */
      readonly isRequired: boolean
      readonly hasApp: boolean
      readonly appName: string | undefined
      /** Undefined where the user cannot have recovery codes. */
      readonly recoveryCodes: { readonly remaining: number; readonly createdAt: number | undefined } | undefined
    }
  /** The app has to scan the secret. */
  | { readonly kind: 'app'; readonly secret: string }
  /** The codes are shown once. */
  | { readonly kind: 'recovery-codes'; readonly codes: readonly string[] }

/** The second factors of the user, and which of them a sign-in asks for. */
export const factors = section({
  shows: ['GetUserAuthFactors'],
  isOffered: ({ pool, user }) => pool.mfa !== 'OFF' && user.status !== 'EXTERNAL_PROVIDER',

  async open({ db }, account): Promise<FactorsView> {
    const { pool, user } = account
    const token = await findSoftwareToken(db, user)
    const hasApp = token?.secret != null
    const usable = usableMfa(pool, user, hasApp)
    const offered = mfaMethodsOf(pool)
    const rows = mfaMethods
      .filter((method) => offered.includes(method))
      .map((method) => ({
        method,
        isUsable: usable.includes(method),
        isEnabled: user.mfa?.enabled.includes(method) ?? false,
        isPreferred: user.mfa?.preferred === method,
      }))
    const recoveryCodes = await findRecoveryCodes(db, account)
    return { kind: 'list', rows, isRequired: pool.mfa === 'ON', hasApp, appName: token?.deviceName ?? undefined, recoveryCodes }
  },

  actions: {
    enable: preference((method) => ({ [settingsOf[method]]: { Enabled: true } })),
    disable: preference((method) => ({ [settingsOf[method]]: { Enabled: false, PreferredMfa: false } })),
    prefer: preference((method) => ({ [settingsOf[method]]: { Enabled: true, PreferredMfa: true } })),
    'recovery-codes': {
      operation: 'CreateRecoveryCodes',
      switches: ['CreateRecoveryCodes'],
      isSensitive: true,
      async run(deps, account) {
        const { Codes: codes = [] } = await callAsUser(createRecoveryCodes, deps, account, {})
        return { kind: 'step', view: { kind: 'recovery-codes', codes } }
      },
    },
    app: {
      operation: 'AssociateSoftwareToken',
      switches: ['AssociateSoftwareToken', 'VerifySoftwareToken'],
      isSensitive: true,
      async run(deps, account) {
        const { SecretCode: secret = '' } = await callAsUser(associateSoftwareToken, deps, account, {})
        return { kind: 'step', view: { kind: 'app', secret } }
      },
    },
    'verify-app': {
      operation: 'VerifySoftwareToken',
      switches: ['AssociateSoftwareToken', 'VerifySoftwareToken'],
      isSensitive: true,
      run: verifyApp,
      retry: findWaitingApp,
    },
  },
})

const settingsOf = {
  SMS_MFA: 'SMSMfaSettings',
  SOFTWARE_TOKEN_MFA: 'SoftwareTokenMfaSettings',
  EMAIL_OTP: 'EmailMfaSettings',
} as const satisfies Record<MfaMethod, string>

function preference(settings: (method: MfaMethod) => object) {
  return {
    operation: 'SetUserMFAPreference',
    switches: ['SetUserMFAPreference'],
    isSensitive: true,
    async run(deps: AccountPageDeps, account: Account, form: Parameters): Promise<ActionResult<FactorsView>> {
      const method = mfaMethods.find((name) => name === form.get('method'))
      if (method === undefined) throw new ApiError('ResourceNotFoundException', 'The pages do not know this method.')
      await callAsUser(setUserMfaPreference, deps, account, settings(method))
      return { kind: 'done', done: { kind: 'saved' } }
    },
  } as const
}

async function findRecoveryCodes(db: Db, { pool, user }: Account) {
  if (!recoveryCodesOf(pool).enabled || !(await asksSecondFactor(db, pool, user))) return undefined
  const set = await findRecoveryCodeSet(db, user)
  return { remaining: set?.hashes.length ?? 0, createdAt: set?.createdAt }
}

/** Registers the app. A sign-in asks for it from now on, if users may decide that. */
async function verifyApp(deps: AccountPageDeps, account: Account, form: Parameters): Promise<ActionResult<FactorsView>> {
  const request = { UserCode: codeIn(form), FriendlyDeviceName: form.get('device_name') }
  await callAsUser(verifySoftwareToken, deps, account, request)
  const mayActivate = maySelfServe(account, 'SetUserMFAPreference', account.proof, account.now) === 'allowed'
  if (mayActivate) await callAsUser(setUserMfaPreference, deps, account, { SoftwareTokenMfaSettings: { Enabled: true } })
  return { kind: 'done', done: { kind: 'saved' } }
}

/** The secret that waits for its first code, so that the user can scan it once more. */
async function findWaitingApp({ db, secrets }: AccountPageDeps, { user }: Account): Promise<FactorsView | undefined> {
  const waiting = (await findSoftwareToken(db, user))?.pendingSecret
  return waiting ? { kind: 'app', secret: openSoftwareSecret(secrets, user, waiting) } : undefined
}
