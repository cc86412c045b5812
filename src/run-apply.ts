import type { Clock } from './base/clock.ts'
import { ApiError } from './contract/api-error.ts'
import { openApplyDeps, openScratch } from './open-apply.ts'
import type { OpenedDatabase } from './open-database.ts'
import type { DiscoverDetails } from './pools/identity-providers/identity-provider.ts'
import { applyFiles, planFiles } from './portability/pool-file/apply.ts'
import { type DescribedRows, describeRows } from './portability/pool-file/described-rows.ts'
import { diffText, withoutSecrets } from './portability/pool-file/diff-text.ts'
import { type ExportedPool, exportPool } from './portability/pool-file/export-pool.ts'
import type { CallDeps } from './portability/pool-file/operation-calls.ts'
import type { SectionPlan } from './portability/pool-file/plan.ts'
import { type PoolFile, PoolFileError, readPoolFiles } from './portability/pool-file/read-files.ts'
import { type Settings, SettingsError } from './settings.ts'

type Run = {
  readonly database: OpenedDatabase
  readonly settings: Settings
  readonly clock: Clock
  /** A file or a folder. */
  readonly place: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isPlan: boolean
  readonly prunes: boolean
}

/** What was found, as text that ends with a line of counts. */
type Outcome = { readonly text: string; readonly hasWork: boolean }

/**
 * Plans or applies pool files, and says what was found.
 * @throws PoolFileError when a file has a mistake
 */
export async function runApply({ database, settings, clock, place, env, isPlan, prunes }: Run): Promise<Outcome> {
  const files = readPoolFiles(place, env)
  const secrets = secretsOf(files)
  try {
    const plan = isPlan ? planFiles : applyFiles
    const { sections } = await withServices({ database, settings, clock }, (live, scratch) =>
      plan(live, { deps: scratch }, { files, prunes }),
    )
    return outcomeOf(sections, { isPlan, prunes, secrets })
  } catch (error) {
    throw masked(error, secrets)
  }
}

const secretsOf = (files: readonly PoolFile[]) => new Set(files.flatMap((file) => [...file.secrets]))

type Writing = { readonly isPlan: boolean; readonly prunes: boolean; readonly secrets: ReadonlySet<string> }

function outcomeOf(sections: readonly SectionPlan[], { isPlan, prunes, secrets }: Writing): Outcome {
  const { lines, created, changed, deleted, kept } = diffText(sections, { prunes, secrets })
  const counts = [
    `${created} ${isPlan ? 'to create' : 'created'}`,
    `${changed} ${isPlan ? 'to change' : 'changed'}`,
    ...(deleted > 0 ? [`${deleted} ${isPlan ? 'to delete' : 'deleted'}`] : []),
    ...(kept > 0 ? [`${kept} kept${prunes ? '' : ' (--prune deletes them)'}`] : []),
  ]
  return { text: [...lines, `${counts.join(', ')}.`].join('\n'), hasWork: created + changed + deleted > 0 }
}

/** The error without what came by reference: an error may contain it. */
function masked(error: unknown, secrets: ReadonlySet<string>): unknown {
  return error instanceof PoolFileError ? new PoolFileError(withoutSecrets(error.message, secrets)) : error
}

/** What pool files describe. */
export type Described = {
  readonly rows: DescribedRows
  readonly files: readonly Pick<PoolFile, 'name' | 'digests'>[]
  readonly outcome: Outcome
  /** Whether the rows have something that an identity provider publishes, or lack it because the provider did not answer. */
  readonly hasAskedProviders: boolean
}

/**
 * Makes what pool files describe in an empty database of its own, and returns the rows. They are sealed for `database`.
 * @throws PoolFileError when a file has a mistake
 */
export async function runDescribe({ database, settings, clock, place, env }: Omit<Run, 'isPlan' | 'prunes'>): Promise<Described> {
  const files = readPoolFiles(place, env)
  const secrets = secretsOf(files)
  const { storage, deps, close } = await openScratch(settings, clock, { secrets: database.secrets, asksProviders: true })
  let hasAskedProviders = false
  const discoverDetails: DiscoverDetails = (provider) => {
    hasAskedProviders ||= provider.config.type === 'SAML' || provider.config.type === 'OIDC'
    return deps.discoverDetails(provider)
  }
  try {
    const { rows, sections } = await describeRows({ ...deps, discoverDetails }, storage, files)
    const outcome = outcomeOf(sections, { isPlan: false, prunes: false, secrets })
    // The rest of what was read takes many times the memory of the file.
    return { rows, files: files.map(({ name, digests }) => ({ name, digests })), outcome, hasAskedProviders }
  } catch (error) {
    throw masked(error, secrets)
  } finally {
    await close()
  }
}

type Export = Pick<Run, 'database' | 'settings' | 'clock'> & { readonly id: string; readonly withSecrets: boolean }

/**
 * A pool as a file.
 * @throws SettingsError when there is no pool with the id
 */
export async function runExport({ id, withSecrets, ...options }: Export): Promise<ExportedPool> {
  try {
    return await withServices(options, (live, scratch) => exportPool(live, scratch, id, withSecrets))
  } catch (error) {
    throw error instanceof ApiError ? new SettingsError(error.message.trim()) : error
  }
}

/** Runs work with the services of the database and of an empty one, and closes both. */
async function withServices<T>(
  { database, settings, clock }: Pick<Run, 'database' | 'settings' | 'clock'>,
  work: (live: CallDeps, scratch: CallDeps) => Promise<T>,
): Promise<T> {
  const scratch = await openScratch(settings, clock)
  const live = openApplyDeps(database, settings, clock)
  try {
    return await work(live.deps, scratch.deps)
  } finally {
    await Promise.all([scratch.close(), live.close()])
  }
}
