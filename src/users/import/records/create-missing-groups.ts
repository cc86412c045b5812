import { chunksOf } from '../../../base/chunks.ts'
import { requireLockedPool } from '../../../pools/change-pool.ts'
import type { Pool } from '../../../pools/pool.ts'
import { quotaExceeded } from '../../../pools/quotas.ts'
import type { Group } from '../../groups/group.ts'
import { countGroupsUpTo, findGroupNames, insertGroup } from '../../groups/group-repository.ts'
import type { ImportDeps } from '../import-deps.ts'
import type { RowResult } from '../store-imported-users.ts'
import { groupNameShape } from './draft-extras.ts'
import type { ImportedGroup } from './imported-record.ts'
import type { NumberedRecord, RecordsJob } from './read-chunk.ts'

export type GroupResults = {
  /** Names of groups that the pool can not have, and why. */
  readonly refused: ReadonlyMap<string, string>
  /** What the log says about a group that has a line of its own in the file. */
  resultOf(name: string): RowResult
}

type NewGroup = Omit<Group, 'memberKey'>

/** Names in one statement, which has a limited number of parameters. */
const namesPerStatement = 5_000

/** Creates the groups of the records that the pool lacks, as far as the quota allows. A dry run only says what would happen. */
export async function createMissingGroups(
  { db, clock, quotas }: ImportDeps,
  pool: Pool,
  job: RecordsJob,
  records: readonly NumberedRecord[],
): Promise<GroupResults> {
  const wanted = wantedGroups(pool.id, records, clock.now())
  const existing = new Set<string>()
  for (const names of chunksOf([...wanted.keys()], namesPerStatement)) {
    for (const name of await findGroupNames(db, pool.id, names)) existing.add(name)
  }
  const invalid = [...wanted.keys()].filter((name) => !groupNameShape.test(name))
  const refused = new Map(invalid.map((name) => [name, 'The name of the group is not allowed.']))
  const missing = [...wanted.values()].filter(({ name }) => !existing.has(name) && !refused.has(name))
  if (missing.length > 0) {
    const created = await db.transaction().execute(async (tx) => {
      if (!job.isDryRun) await requireLockedPool(tx, pool.id)
      const room = Math.max(quotas.groupsPerPool - (await countGroupsUpTo(tx, pool.id, quotas.groupsPerPool)), 0)
      const allowed = missing.slice(0, room)
      if (!job.isDryRun) for (const group of allowed) await insertGroup(tx, group)
      return allowed.length
    })
    for (const { name } of missing.slice(created)) refused.set(name, quotaExceeded(quotas, 'groupsPerPool'))
  }
  return { refused, resultOf: (name) => resultOf(name, refused, existing) }
}

function resultOf(name: string, refused: ReadonlyMap<string, string>, existing: ReadonlySet<string>): RowResult {
  const problem = refused.get(name)
  if (problem !== undefined) return { outcome: 'FAILED', message: problem }
  if (existing.has(name)) return { outcome: 'SKIPPED', message: 'The group already exists.' }
  return { outcome: 'SUCCEEDED', message: 'The group was created.' }
}

/** The groups that have lines of their own come first, because these lines say more than the name. */
function wantedGroups(poolId: string, records: readonly NumberedRecord[], now: number): Map<string, NewGroup> {
  const blank = { poolId, description: null, roleArn: null, precedence: null, createdAt: now, updatedAt: now }
  const described = records.flatMap(({ row }) => ('group' in row ? [describedGroup(poolId, row.group, now)] : []))
  const named = records.flatMap(({ row }) => ('user' in row ? (row.extras?.groups ?? []).map((name) => ({ ...blank, name })) : []))
  return new Map([...named, ...described].map((group) => [group.name, group]))
}

function describedGroup(poolId: string, group: ImportedGroup, now: number): NewGroup {
  const createdAt = Math.min(group.createdAt ?? now, now)
  return {
    poolId,
    name: group.name,
    description: group.description?.slice(0, 2_048) ?? null,
    roleArn: group.roleArn?.slice(0, 2_048) ?? null,
    precedence: group.precedence === null ? null : Math.min(group.precedence, 2 ** 31 - 1),
    createdAt,
    updatedAt: Math.min(group.updatedAt ?? createdAt, now),
  }
}
