import { ApiError } from '../../../contract/api-error.ts'
import { completeWebAuthnRegistration } from '../../../users/passkeys/complete-web-authn-registration.operation.ts'
import { deleteWebAuthnCredential } from '../../../users/passkeys/delete-web-authn-credential.operation.ts'
import type { Passkey } from '../../../users/passkeys/passkey.ts'
import { findPasskeys } from '../../../users/passkeys/passkey-repository.ts'
import { startWebAuthnRegistration } from '../../../users/passkeys/start-web-authn-registration.operation.ts'
import { credentialIn } from '../../passkeys/add-passkey.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { callAsUser } from '../call-as-user.ts'
import { section } from '../section.ts'

export type PasskeysView = {
  readonly passkeys: readonly Passkey[]
  /** What goes to the browser, which makes a passkey. Undefined when the user cannot have one more, or not now. */
  readonly options: object | undefined
}

/** The passkeys of the user. Each form for a new one has a new challenge. */
export const passkeys = section({
  shows: ['ListWebAuthnCredentials'],
  isOffered: ({ pool, user }) => pool.allowedFirstFactors.includes('WEB_AUTHN') && user.status !== 'EXTERNAL_PROVIDER',

  async open(deps, account, may): Promise<PasskeysView> {
    const { pool, user } = account
    return {
      passkeys: await findPasskeys(deps.db, pool.id, user.sub),
      options: may('add') ? await findOptions(deps, account) : undefined,
    }
  },

  actions: {
    add: {
      operation: 'CompleteWebAuthnRegistration',
      switches: ['StartWebAuthnRegistration', 'CompleteWebAuthnRegistration'],
      isSensitive: true,
      async run(deps, account, form) {
        await callAsUser(completeWebAuthnRegistration, deps, account, { Credential: credentialIn(form) })
        return { kind: 'done', done: { kind: 'saved' } }
      },
    },
    remove: {
      operation: 'DeleteWebAuthnCredential',
      switches: ['DeleteWebAuthnCredential'],
      isSensitive: true,
      async run(deps, account, form) {
        await callAsUser(deleteWebAuthnCredential, deps, account, { CredentialId: form.get('id') ?? '' })
        return { kind: 'done', done: { kind: 'removed' } }
      },
    },
  },
})

async function findOptions(deps: AccountPageDeps, account: Account): Promise<object | undefined> {
  try {
    return (await callAsUser(startWebAuthnRegistration, deps, account, {})).CredentialCreationOptions as object
  } catch (error) {
    // The user has as many as the pool allows, or the pool has no relying party.
    if (error instanceof ApiError) return undefined
    throw error
  }
}
