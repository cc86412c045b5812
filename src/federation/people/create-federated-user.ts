import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import type { Pool } from '../../pools/pool.ts'
import { nameKey } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { createUser } from '../../users/create-user.ts'
import { insertMember } from '../../users/groups/group-member-repository.ts'
import { getLockedGroup, insertGroup } from '../../users/groups/group-repository.ts'
import { withIdentities } from '../../users/linked-identities/linked-identity.ts'
import type { Passwords } from '../../users/passwords/passwords.ts'
import { type AliasKind, type Attributes, changeAttributes, type User } from '../../users/user.ts'
import { runPreSignUp } from '../../users/user-triggers.ts'
import { type FederatedIdentity, federatedUsernameOf, providerGroupName } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import { requireRequired } from './map-attributes.ts'

export type CreateFederatedUserDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly passwords: Passwords
  readonly triggers: Triggers
}

type NewFederatedUser = {
  readonly identity: FederatedIdentity
  /** That of `usernameIn`, or of `spareUsernameIn` where a user who is not of the provider has that one. */
  readonly username: string
  readonly mapped: Attributes
  readonly callerContext: CallerContext
}

/** Another sign-in with the identity, or a function that links it, was faster. */
export class UserExists extends Error {
  override readonly name = 'UserExists'
  readonly kind: AliasKind

  constructor(kind: AliasKind) {
    super(`A user has the ${kind} of the identity already.`)
    this.kind = kind
  }
}

/**
 * Creates the user of an identity at its first sign-in: PreSignUp decides, and the user joins the group of the provider.
 *
 * @throws UserExists when the identity has a user by now.
 * @throws FederationError when the attributes are not those that the pool wants.
 * @throws ApiError when PreSignUp refuses the user.
 */
export async function createFederatedUser(
  deps: CreateFederatedUserDeps,
  pool: Pool,
  { identity, username, mapped, callerContext }: NewFederatedUser,
): Promise<User> {
  const now = deps.clock.now()
  const given = withoutEmpty(mapped)
  requireRequired(pool, given)
  checkAttributes(pool, given)
  const groupName = await ensureGroup(deps.db, pool, identity.provider.id, now)
  const linked = {
    providerName: identity.provider.id,
    providerType: identity.provider.config.type,
    userId: identity.subject,
    ...(identity.issuer !== undefined && { issuer: identity.issuer }),
    primary: true,
    dateCreated: now,
  }
  const attributes = withIdentities(changeAttributes({}, given), [linked])
  const { user } = await createUser(deps, pool, {
    draft: { poolId: pool.id, sub: uuidv7(now), username, attributes, createdAt: now, status: 'EXTERNAL_PROVIDER' },
    password: undefined,
    takesAliases: false,
    nameTaken: (kind) => new UserExists(kind),
    async decide() {
      const { autoVerify } = await runPreSignUp(deps.triggers, {
        pool,
        source: 'PreSignUp_ExternalProvider',
        username,
        userAttributes: { ...given, 'cognito:email_alias': '', 'cognito:phone_number_alias': '' },
        validationData: undefined,
        callerContext,
      })
      const verified = Object.fromEntries(autoVerify.map((attribute) => [`${attribute}_verified`, 'true']))
      return { status: 'EXTERNAL_PROVIDER', attributes: { ...attributes, ...verified } }
    },
    message: undefined,
    async whenStored(tx, { sub }) {
      const { memberKey } = await getLockedGroup(tx, pool.id, groupName)
      await insertMember(tx, { poolId: pool.id, sub, memberKey })
    },
  })
  return user
}

/**
 * The username of the user whom the identity creates. Cognito writes the whole name in lower case where the pool ignores case.
 *
 * @throws FederationError when the name is too long.
 */
export function usernameIn(pool: Pool, identity: FederatedIdentity): string {
  const username = federatedUsernameOf(identity)
  const problem = problemOf(username)
  if (problem !== undefined) {
    throw new FederationError(
      `1 validation error detected: Value '${username.slice(0, 128).toWellFormed()}' at 'userName' failed to satisfy constraint: ${problem}`,
    )
  }
  return pool.caseSensitive === false ? nameKey(pool, username) : username
}

/** The characters that `spareUsernameIn` adds. */
const spareEnding = 11

/**
 * Another username for the identity, for the case that a local user has the name of `usernameIn`. It is that name with a random ending, so
 * it cannot be taken beforehand. The ending follows an underscore: functions that split the username there still find provider and subject.
 *
 * @throws FederationError when the name of `usernameIn` is too long.
 */
export function spareUsernameIn(pool: Pool, identity: FederatedIdentity): string {
  const beginning = usernameIn(pool, identity).slice(0, 128 - spareEnding)
  // No half of a character that takes two code units.
  const whole = beginning.isWellFormed() ? beginning : beginning.slice(0, -1)
  return `${whole}_${randomBytes(5).toString('hex')}`
}

/** What is wrong with a username, as the API says it. */
function problemOf(username: string): string | undefined {
  if (username.length > 128) return 'Member must have length less than or equal to 128'
  const isWell = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u.test(username)
  return isWell ? undefined : 'Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+'
}

const withoutEmpty = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))

/** The group of all users who came from the provider. The first of them creates it. */
async function ensureGroup(db: Db, pool: Pool, providerName: string, now: number): Promise<string> {
  const name = providerGroupName(pool, providerName)
  await db.transaction().execute(async (tx) => {
    await requireLockedPool(tx, pool.id)
    const group = { poolId: pool.id, name, roleArn: null, precedence: null, createdAt: now, updatedAt: now }
    await insertGroup(tx, { ...group, description: `Autogenerated group for users who sign in using ${providerName}` })
  })
  return name
}
