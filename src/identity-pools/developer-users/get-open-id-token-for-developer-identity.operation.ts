import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { type ChooseIdentity, linkLogins, type ResolveDeps } from '../identities/resolve-identity.ts'
import { type LoginDeps, verifyLogins } from '../logins/verify-logins.ts'
import { requireDistinctTagKeys } from '../principal-tags/tag-attribute-map.ts'
import { issueIdentityToken } from '../tokens/identity-token.ts'
import { principalTagsOf } from '../tokens/principal-tags.ts'
import { readDeveloperUser } from './developer-user.ts'

type Deps = ResolveDeps & LoginDeps

const defaultLifetimeSeconds = 900

export const getOpenIdTokenForDeveloperIdentity = operation('GetOpenIdTokenForDeveloperIdentity', {
  auth: 'iam',
  isAudited: true,

  /** The identity of a developer user, and a token of it. The caller vouches for the developer user; public logins are verified. */
  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { IdentityPoolId, IdentityId, Logins, PrincipalTags, TokenDuration = defaultLifetimeSeconds } = request
    requireDistinctTagKeys(PrincipalTags ?? {})
    const pool = await getIdentityPool(deps.db, IdentityPoolId)
    const { [pool.developerProvider ?? '']: identifier, ...tokens } = Logins
    const user = readDeveloperUser(pool, identifier ?? '')
    if (identifier === undefined) throw invalidParameter(`Logins: there is no user of the developer provider ${user.provider}.`)
    const publicLogins = await verifyLogins(deps, pool, tokens)
    const logins = [user, ...publicLogins].toSorted((one, other) => (one.provider < other.provider ? -1 : 1))
    const choose = chooseByDeveloperUser(logins.indexOf(user))
    const id = await linkLogins(deps, { pool, logins, identityId: IdentityId }, choose, (tx, id) => audit.record(tx, { subject: id }))
    const methods = publicLogins.flatMap(({ provider, amr }) => [provider, amr])
    const Token = await issueIdentityToken(deps, {
      poolId: pool.id,
      identityId: id,
      amr: ['authenticated', user.provider, `${user.provider}:${pool.id}:${user.subject}`, ...methods],
      principalTags: PrincipalTags ?? principalTagsOf(pool, publicLogins),
      lifetimeSeconds: TokenDuration,
    })
    return { IdentityId: id, Token }
  },
})

/** `at` is the place of the developer user among the logins. Identities are never merged. */
const chooseByDeveloperUser =
  (at: number): ChooseIdentity =>
  ({ owners, named }) => {
    const owner = owners[at]
    if (named !== undefined && owner !== undefined && owner.id !== named.id) {
      const message = 'The developer user is already registered with another identity.'
      throw new ApiError('DeveloperUserAlreadyRegisteredException', message)
    }
    const chosen = named ?? owner
    const other = owners.find((candidate) => candidate !== undefined && candidate.id !== chosen?.id)
    if (other !== undefined) throw new ApiError('ResourceConflictException', 'Logins already linked to another identity.')
    return chosen
  }
