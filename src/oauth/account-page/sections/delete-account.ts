import { invalidParameter } from '../../../contract/api-error.ts'
import { deleteUser } from '../../../users/profile/delete-user.operation.ts'
import { callAsUser } from '../call-as-user.ts'
import { section } from '../section.ts'

/** The end of the account. The user has to say twice that it is meant. */
export const deleteAccount = section({
  shows: ['DeleteUser'],
  isOffered: () => true,

  async open() {
    return {}
  },

  actions: {
    delete: {
      operation: 'DeleteUser',
      switches: ['DeleteUser'],
      isSensitive: true,
      async run(deps, account, form) {
        if (form.get('confirmed') !== 'true') throw invalidParameter('The deletion was not confirmed.')
        await callAsUser(deleteUser, deps, account, {})
        deps.logoutWorker.wake()
        return { kind: 'ended', ending: 'deleted' }
      },
    },
  },
})
