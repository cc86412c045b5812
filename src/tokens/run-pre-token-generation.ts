import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
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
import { selfServiceScope } from './claims.ts'

/** What a user's tokens say beyond who they are: it is agreed with the pool's function where there is one. */
export type TokenCustomization = { readonly groups: GroupConfiguration; readonly changes: TokenChanges | undefined }

type Occasion = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
  readonly source: TokenGenerationSource
  readonly caller: CallerContext
}

/**
 * Undefined in a pool without PreTokenGeneration: then there is nothing to wait for before tokens are made and the session is stored.
 * Otherwise it is to be asked before either, because it may refuse, and throws then.
 */
export async function runPreTokenGeneration(
  { db, triggers }: { readonly db: Db; readonly triggers: Triggers },
  { pool, client, user, source, caller }: Occasion,
): Promise<TokenCustomization | undefined> {
  if (!hasTrigger(pool, 'PreTokenGeneration')) return undefined
  const groups = await findGroupFacts(db, user)
  const subject = { pool, clientId: client.id, username: user.username, sub: user.sub, userAgent: caller.userAgent }
  const facts = {
    userAttributes: triggerAttributesOf(pool, user),
    groups,
    scopes: [selfServiceScope],
    clientMetadata: caller.clientMetadata,
  }
  const changes = await invokePreTokenGeneration(triggers, subject, source, facts)
  return { groups: changes?.groups ?? groups, changes }
}

/** The shape of tokens about which no function has to be asked. */
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
