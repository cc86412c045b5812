import { ApiError } from '../../../contract/api-error.ts'
import { identitiesOf, identityAlias, type LinkedIdentity } from '../../../users/linked-identities/linked-identity.ts'
import { canUnlink } from '../../../users/linked-identities/unlink-identity.ts'
import { unlinkProvider } from '../../../users/linked-identities/unlink-provider.operation.ts'
import { callAsUser } from '../call-as-user.ts'
import { section } from '../section.ts'

export type LinksView = {
  readonly identities: readonly (Pick<LinkedIdentity, 'providerName' | 'dateCreated'> & {
    readonly id: string
    readonly canUnlink: boolean
  })[]
}

/** The identity providers by which the user can sign in. */
export const links = section({
  shows: ['GetUser'],
  isOffered: ({ user }) => identitiesOf(user.attributes).length > 0,

  async open({ db }, { user }): Promise<LinksView> {
    const identities = identitiesOf(user.attributes).map(async (identity) => ({
      id: identityAlias(identity).key,
      providerName: identity.providerName,
      dateCreated: identity.dateCreated,
      canUnlink: await canUnlink(db, user, identity),
    }))
    return { identities: await Promise.all(identities) }
  },

  actions: {
    unlink: {
      operation: 'UnlinkProvider',
      switches: ['UnlinkProvider'],
      isSensitive: true,
      async run(deps, account, form) {
        const wanted = identitiesOf(account.user.attributes).find((identity) => identityAlias(identity).key === form.get('id'))
        if (wanted === undefined) throw new ApiError('ResourceNotFoundException', 'The user has no such identity.')
        await callAsUser(unlinkProvider, deps, account, { ProviderName: wanted.providerName, UserId: wanted.userId })
        return { kind: 'done', done: { kind: 'removed' } }
      },
    },
  },
})
