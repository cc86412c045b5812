import { chunksOf } from '../../../base/chunks.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Tx } from '../../../storage/db.ts'
import { insertDevices } from '../../devices/device-repository.ts'
import { insertMembers } from '../../groups/group-member-repository.ts'
import { lockGroups } from '../../groups/group-repository.ts'
import { insertFreeMergedNames } from '../../merging/merged-name-repository.ts'
import { insertSoftwareTokens } from '../../mfa/software-token-repository.ts'
import { insertPasskeys } from '../../passkeys/passkey-repository.ts'
import { insertFormerPasswords } from '../../passwords/password-history-repository.ts'
import type { ImportRow } from '../read-row.ts'

/** Names in one statement, which has a limited number of parameters. */
const namesPerStatement = 5_000

/**
 * Stores what belongs to users who have just been stored. Returns how many names of merged users other users have.
 *
 * @throws Error when a group was deleted since it was looked up; then the step is repeated
 */
export async function storeExtras(tx: Tx, pool: Pool, rows: readonly ImportRow[]): Promise<number> {
  const drafts = rows.flatMap((row) => ('user' in row && row.extras !== undefined ? [{ user: row.user, extras: row.extras }] : []))
  const keys = await lockMemberKeys(tx, pool.id, [...new Set(drafts.flatMap(({ extras }) => extras.groups))])
  const members = drafts.flatMap(({ user, extras }) => extras.groups.map((name) => ({ ...user, memberKey: keys.get(name) ?? name })))
  await insertMembers(tx, members)
  await insertSoftwareTokens(
    tx,
    drafts.flatMap(({ extras }) => extras.totp ?? []),
  )
  await insertPasskeys(
    tx,
    drafts.flatMap(({ extras }) => extras.passkeys),
  )
  await insertDevices(
    tx,
    drafts.flatMap(({ extras }) => extras.devices),
  )
  await insertFormerPasswords(
    tx,
    drafts.flatMap(({ user: { poolId, sub }, extras }) => extras.formerPasswords.map((former) => ({ poolId, sub, ...former }))),
  )
  const merged = drafts.flatMap(({ user: { sub }, extras }) => extras.mergedNames.map((name) => ({ sub, name })))
  return insertFreeMergedNames(tx, pool, merged)
}

async function lockMemberKeys(tx: Tx, poolId: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  for (const some of chunksOf(names.toSorted(), namesPerStatement)) {
    for (const { name, memberKey } of await lockGroups(tx, poolId, some)) keys.set(name, memberKey)
  }
  if (keys.size < names.length) throw new Error('A group was deleted while its members were imported.')
  return keys
}
