import { ApiError } from '../../../contract/api-error.ts'
import { identitiesOf, identityAlias, type LinkedIdentity } from '../../../users/linked-identities/linked-identity.ts'
import { canUnlink, unlinkOwnIdentity } from '../../../users/linked-identities/unlink-identity.ts'
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
      operation: 'UpdateUserAttributes',
      switches: ['UpdateUserAttributes'],
      isSensitive: true,
      async run(deps, { pool, user }, form) {
        const wanted = identitiesOf(user.attributes).find((identity) => identityAlias(identity).key === form.get('id'))
        if (wanted === undefined) throw new ApiError('ResourceNotFoundException', 'The user has no such identity.')
        await unlinkOwnIdentity(deps, pool, user, wanted)
        return { kind: 'done', done: { kind: 'removed' } }
      },
    },
  },
})
