import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { listLatestDevicesOfUsers } from '../../users/devices/device-repository.ts'
import type { Group } from '../../users/groups/group.ts'
import { listGroupNamesOfUsers } from '../../users/groups/group-member-repository.ts'
import { listGroups } from '../../users/groups/group-repository.ts'
import { listUsers, type PageEnd } from '../../users/list/user-list-repository.ts'
import { listMergedNamesOfUsers } from '../../users/merging/merged-name-repository.ts'
import { listSoftwareTokensOfUsers } from '../../users/mfa/software-token-repository.ts'
import { listPasskeysOfUsers } from '../../users/passkeys/passkey-repository.ts'
import { listFormerPasswordsOfUsers } from '../../users/passwords/password-history-repository.ts'
import type { User } from '../../users/user.ts'
import { type ExportedUser, userRecordOf } from './user-record-of.ts'

/** How many users are in memory at a time. A user can take half a megabyte. */
const usersPerPage = 100

const groupsPerPage = 1000

/** A user can have any number of devices. Those that were used last are exported. */
const maxDevices = 100

type Deps = { readonly db: Db; readonly secrets: Secrets }

/**
 * All users of the pool in the order of their `sub`, in pages.
 *
 * @NOTE This is no snapshot: a user who changes meanwhile comes as before or as after the change.
 */
export async function* readUsers({ db, secrets }: Deps, pool: Pool): AsyncGenerator<readonly ExportedUser[]> {
  let after: PageEnd | undefined
  do {
    const { users, next } = await listUsers(db, pool.id, undefined, { limit: usersPerPage, after })
    yield await recordsOf({ db, secrets }, pool, users)
    after = next
  } while (after !== undefined)
}

/** All groups of the pool. A quota limits their number. */
export async function readGroups(db: Db, poolId: string): Promise<readonly Group[]> {
  const groups: Group[] = []
  for (;;) {
    const page = await listGroups(db, poolId, { after: groups.at(-1)?.name, limit: groupsPerPage })
    groups.push(...page)
    if (page.length < groupsPerPage) return groups
  }
}

async function recordsOf({ db, secrets }: Deps, pool: Pool, users: readonly User[]): Promise<readonly ExportedUser[]> {
  const poolId = pool.id
  const subs = users.map(({ sub }) => sub)
  const groups = bySub(await listGroupNamesOfUsers(db, poolId, subs))
  const formerPasswords = bySub(await listFormerPasswordsOfUsers(db, poolId, subs))
  const softwareTokens = bySub(await listSoftwareTokensOfUsers(db, poolId, subs))
  const passkeys = bySub(await listPasskeysOfUsers(db, poolId, subs))
  const devices = bySub(await listLatestDevicesOfUsers(db, poolId, subs, maxDevices))
  const mergedNames = bySub(await listMergedNamesOfUsers(db, pool, subs))
  return users.map((user) =>
    userRecordOf(secrets, {
      user,
      groups: groups(user).map(({ name }) => name),
      formerPasswords: formerPasswords(user),
      softwareToken: softwareTokens(user)[0],
      passkeys: passkeys(user),
      devices: devices(user),
      mergedNames: mergedNames(user).map(({ key }) => key),
    }),
  )
}

/** A function that finds the rows of a user. */
function bySub<Row extends { readonly sub: string }>(rows: readonly Row[]): (user: User) => readonly Row[] {
  const groups = Map.groupBy(rows, ({ sub }) => sub)
  return ({ sub }) => groups.get(sub) ?? []
}
