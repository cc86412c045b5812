import { isObject } from '../../../base/is-object.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { completeWebAuthnRegistration } from '../../../users/passkeys/complete-web-authn-registration.operation.ts'
import { deleteWebAuthnCredential } from '../../../users/passkeys/delete-web-authn-credential.operation.ts'
import type { Passkey } from '../../../users/passkeys/passkey.ts'
import { findPasskeys } from '../../../users/passkeys/passkey-repository.ts'
import { startWebAuthnRegistration } from '../../../users/passkeys/start-web-authn-registration.operation.ts'
import { updateWebAuthnCredential } from '../../../users/passkeys/update-web-authn-credential.operation.ts'
import type { Parameters } from '../../parameters.ts'
import { credentialIn } from '../../passkeys/add-passkey.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { callAsUser, readAsUser } from '../call-as-user.ts'
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
        const credential = credentialIn(form)
        const naming = namingOf(credential, form)
        // A name that cannot be taken is refused before the passkey is stored.
        if (naming !== undefined) readAsUser('UpdateWebAuthnCredential', account, naming)
        await callAsUser(completeWebAuthnRegistration, deps, account, { Credential: credential })
        if (naming !== undefined) await callAsUser(updateWebAuthnCredential, deps, account, naming)
        return { kind: 'done', done: { kind: 'saved' } }
      },
    },
    rename: {
      operation: 'UpdateWebAuthnCredential',
      switches: ['UpdateWebAuthnCredential'],
      isSensitive: true,
      async run(deps, account, form) {
        const renaming = { CredentialId: form.get('id') ?? '', FriendlyCredentialName: form.get('name') ?? '' }
        await callAsUser(updateWebAuthnCredential, deps, account, renaming)
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

/** The name that the user has typed for a new passkey. Undefined: the passkey is called after what made it. */
function namingOf(credential: unknown, form: Parameters) {
  const name = form.get('name')?.trim()
  const id = isObject(credential) && typeof credential['id'] === 'string' ? credential['id'] : ''
  return name ? { CredentialId: id, FriendlyCredentialName: name } : undefined
}

async function findOptions(deps: AccountPageDeps, account: Account): Promise<object | undefined> {
  try {
    return (await callAsUser(startWebAuthnRegistration, deps, account, {})).CredentialCreationOptions as object
  } catch (error) {
    // The user has as many as the pool allows, or the pool has no relying party.
    if (error instanceof ApiError) return undefined
    throw error
  }
}
