import type { PasswordPolicy } from '../../../pools/pool.ts'
import { setOwnPassword } from '../../../users/profile/set-own-password.ts'
import { newPasswordIn } from '../../login/typed-values.ts'
import { readAsUser } from '../call-as-user.ts'
import { section } from '../section.ts'

export type PasswordView = { readonly hasPassword: boolean; readonly username: string; readonly policy: PasswordPolicy }

/** A new password, in place of the one that the user has to type, or the first one. */
export const password = section({
  shows: ['ChangePassword'],
  isOffered: ({ user }) => user.status !== 'EXTERNAL_PROVIDER',

  async open(_deps, { pool, user }): Promise<PasswordView> {
    return { hasPassword: user.password !== null, username: user.username, policy: pool.passwordPolicy }
  },

  actions: {
    change: {
      operation: 'ChangePassword',
      switches: ['ChangePassword'],
      isSensitive: ({ user }) => user.password === null,
      async run(deps, account, form) {
        const PreviousPassword = account.user.password === null ? undefined : (form.get('current_password') ?? '')
        const ProposedPassword = newPasswordIn(form)
        const { input, caller } = readAsUser('ChangePassword', account, { PreviousPassword, ProposedPassword })
        return { kind: 'new-password', stored: await setOwnPassword(deps, caller, input, account.browser.context) }
      },
    },
  },
})
