import { uuidv7 } from '../../base/ids.ts'
import type { Pool } from '../../pools/pool.ts'
import { checkFile } from './check-file.ts'
import { type CallDeps, createCall } from './operation-calls.ts'
import type { PoolFile } from './read-files.ts'
import { storeUser, type WantedUser } from './users.ts'
import { type Desired, type DesiredSection, inFile, readWanted, tryOut } from './wanted.ts'

/** A user of a file who was made in the empty database. */
export type DescribedUser = { readonly pool: Pool; readonly sub: string; readonly wanted: WantedUser }

/**
 * Makes what the files describe in an empty database.
 * @throws PoolFileError when a file has a mistake
 */
export async function describeFiles(
  deps: CallDeps,
  files: readonly PoolFile[],
): Promise<{ readonly desired: readonly DesiredSection[]; readonly users: readonly DescribedUser[] }> {
  for (const file of files) checkFile(file)
  const desired = await tryOut(createCall(deps), readWanted(files))
  const users: DescribedUser[] = []
  for (const { things } of desired) for (const thing of things) users.push(...(await makeUsers(deps, thing)))
  return { desired, users }
}

/** The users are made in the empty database as well, so that a mistake in them is found before anything changes. */
async function makeUsers(deps: CallDeps, thing: Desired): Promise<readonly DescribedUser[]> {
  const made: DescribedUser[] = []
  for (const [index, wanted] of thing.users.entries()) {
    const user = await inFile({ ...thing, path: [...thing.path, 'Users', index] }, async () => {
      const pool = await deps.pools.getPool(thing.ids['UserPoolId'] ?? '')
      const sub = wanted.sub ?? uuidv7(deps.clock.now())
      await storeUser(deps, pool.id, { wanted: { ...wanted, sub }, isNew: true, members: [] })
      return { pool, sub, wanted }
    })
    made.push(user)
  }
  return made
}
