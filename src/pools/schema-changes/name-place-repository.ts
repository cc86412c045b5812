import { isDeepStrictEqual } from 'node:util'
import type { Db, Tx } from '../../storage/db.ts'
import { identityProviders } from '../identity-providers/identity-provider-row.ts'
import type { Pool } from '../pool.ts'
import { listResources, lockResource, updateResource } from '../pool-resource-repository.ts'
import { type NameMap, type NamePlace, replaceInClient, replaceInExtensions, replaceKeys } from './name-places.ts'

type NamesOfPool = {
  readonly map: NameMap
  /** Places that an undo gives a removed attribute back. */
  readonly restored: readonly NamePlace[]
  readonly now: number
}

const keepAll: Pick<NamesOfPool, 'map' | 'restored'> = { map: (name) => name, restored: [] }

/** All settings of the pool, its app clients and its identity providers that name an attribute. */
export async function findNamePlaces(db: Db | Tx, pool: Pool): Promise<readonly NamePlace[]> {
  const { map, restored } = keepAll
  const clients = await db
    .selectFrom('app_client')
    .select(['id', 'config', 'extensions'])
    .where('pool_id', '=', pool.id)
    .orderBy('id')
    .execute()
  const providers = await listResources(db, pool.id, identityProviders, { after: undefined, limit: maxProviders })
  return [
    ...clients.flatMap((row) => replaceInClient(row.id, settingsOf(row), map, restored).places),
    ...providers.flatMap(({ id, config }) => replaceKeys(mappingOf(id), config.attributeMapping, map, restored).places),
    ...replaceInExtensions(pool.extensions, map, restored).places,
  ]
}

/** A pool has fewer identity providers. */
const maxProviders = 10_000

const mappingOf = (provider: string) => ({ kind: 'IDENTITY_PROVIDER_MAPPING', provider }) as const

type ClientRow = { readonly config: string; readonly extensions: string | null }

const settingsOf = ({ config, extensions }: ClientRow) => ({
  config: JSON.parse(config) as Readonly<Record<string, unknown>>,
  extensions: extensions === null ? null : (JSON.parse(extensions) as Readonly<Record<string, unknown>>),
})

/**
 * Replaces the names in the settings of the app clients and identity providers. Returns the pool with its own settings replaced, and all places
 * that there were. The caller has locked the pool, and stores it.
 */
export async function replaceNamePlaces(
  tx: Tx,
  pool: Pool,
  { map, restored, now }: NamesOfPool,
): Promise<{ readonly pool: Pool; readonly places: readonly NamePlace[] }> {
  const places: NamePlace[] = []
  const clients = await tx
    .selectFrom('app_client')
    .select(['id', 'config', 'extensions'])
    .where('pool_id', '=', pool.id)
    .orderBy('id')
    .forUpdate()
    .execute()
  for (const row of clients) {
    const replaced = replaceInClient(row.id, settingsOf(row), map, restored)
    places.push(...replaced.places)
    const config = JSON.stringify(replaced.setting.config)
    const extensions = replaced.setting.extensions && JSON.stringify(replaced.setting.extensions)
    if (config === row.config && extensions === row.extensions) continue
    await tx
      .updateTable('app_client')
      .set({ config, extensions, updated_at: now })
      .where('pool_id', '=', pool.id)
      .where('id', '=', row.id)
      .execute()
  }
  // Every change of a mapping locks the pool first. So it is enough to lock the providers whose mapping is replaced here.
  for (const found of await listResources(tx, pool.id, identityProviders, { after: undefined, limit: maxProviders })) {
    const mappingIn = ({ config }: typeof found) => replaceKeys(mappingOf(found.id), config.attributeMapping, map, restored)
    const { setting, places: named } = mappingIn(found)
    places.push(...named)
    if (isDeepStrictEqual(setting, found.config.attributeMapping)) continue
    const provider = await lockResource(tx, pool.id, identityProviders, found.id)
    if (provider === undefined) continue
    const config = { ...provider.config, attributeMapping: mappingIn(provider).setting }
    await updateResource(tx, pool.id, identityProviders, { ...provider, updatedAt: now, config })
  }
  const replaced = replaceInExtensions(pool.extensions, map, restored)
  return { pool: { ...pool, extensions: replaced.setting }, places: [...places, ...replaced.places] }
}
