import type { Db } from '../storage/db.ts'
import {
  type GroupConfiguration,
  invokePreTokenGeneration,
  type TokenChanges,
  type TokenGenerationSource,
} from '../triggers/pre-token-generation.ts'
import { type CallerContext, hasTrigger, type Triggers } from '../triggers/trigger.ts'
import { byPrecedence, type Membership, preferredRoleOf, rolesOf } from '../users/groups/group.ts'
import { listMemberships } from '../users/groups/group-member-repository.ts'
import type { User } from '../users/user.ts'
import { triggerAttributesOf } from '../users/user-triggers.ts'
import type { TokenSubject } from './claims.ts'
import { type GrantedScopes, scopesOf } from './granted-scopes.ts'

/** The groups that tokens carry, and the changes that the PreTokenGeneration trigger makes to the tokens. */
export type TokenCustomization = { readonly groups: GroupConfiguration; readonly changes: TokenChanges | undefined }

/**
 * Asks the PreTokenGeneration trigger how to customize tokens. `granted` is undefined for a session of the API. Call it before tokens are made and before anything is stored, because the
 * trigger function may refuse. Undefined in a pool without this trigger: then the caller can make tokens and store the session without
 * waiting for a function.
 *
 * @throws ApiError when the trigger function refuses or fails.
 */
export async function runPreTokenGeneration(
  { db, triggers }: { readonly db: Db; readonly triggers: Triggers },
  { pool, client, user }: TokenSubject,
  source: TokenGenerationSource,
  caller: CallerContext,
  granted: GrantedScopes | undefined,
): Promise<TokenCustomization | undefined> {
  if (!hasTrigger(pool, 'PreTokenGeneration')) return undefined
  const groups = await findGroupFacts(db, user)
  const subject = { pool, clientId: client.id, username: user.username, sub: user.sub, userAgent: caller.userAgent }
  const facts = {
    userAttributes: triggerAttributesOf(pool, user),
    groups,
    scopes: scopesOf(granted),
    clientMetadata: caller.clientMetadata,
  }
  const changes = await invokePreTokenGeneration(triggers, subject, source, facts)
  return { groups: changes?.groups ?? groups, changes }
}

/** The token customization in a pool without PreTokenGeneration: the user's groups, and no changes. */
export async function defaultTokenCustomization(db: Db, user: User): Promise<TokenCustomization> {
  return { groups: await findGroupFacts(db, user), changes: undefined }
}

async function findGroupFacts(db: Db, { poolId, sub }: User): Promise<GroupConfiguration> {
  const groups = await listMemberships(db, poolId, sub)
  return groups.length === 0 ? noGroups : groupFactsOf(groups)
}

const noGroups: GroupConfiguration = { names: [], roles: [], preferredRole: undefined }

function groupFactsOf(groups: readonly Membership[]): GroupConfiguration {
  return { names: byPrecedence(groups).map(({ name }) => name), roles: rolesOf(groups), preferredRole: preferredRoleOf(groups) }
}
