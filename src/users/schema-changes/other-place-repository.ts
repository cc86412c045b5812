import type { Db } from '../../storage/db.ts'

/** The ids of the pool's import jobs that have not ended and whose file names the attribute. */
export async function findImportsNaming(db: Db, poolId: string, attribute: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('import_job')
    .select(['id', 'header'])
    .where('pool_id', '=', poolId)
    .where('status', 'in', ['Created', 'Pending', 'InProgress'])
    .orderBy('id')
    .execute()
  return rows.filter(({ header }) => header?.includes(attribute)).map(({ id }) => id)
}

/** The identity pools whose role rules or principal tags for users of the pool name the attribute. */
export async function findIdentityPoolsNaming(db: Db, poolId: string, attribute: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('identity_pool').select(['id', 'roles', 'tag_maps']).orderBy('id').execute()
  const names = (text: string | null) => text?.includes(poolId) && text.includes(attribute)
  return rows.filter(({ roles, tag_maps }) => names(roles) || names(tag_maps)).map(({ id }) => id)
}
