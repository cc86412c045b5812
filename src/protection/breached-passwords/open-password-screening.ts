import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { SettingsError } from '../../settings.ts'
import { type BreachSource, BreachSourceError } from './breach-source.ts'
import { type CountBreachLookup, createBreachedPasswords, lookupMs } from './breached-passwords.ts'
import { createEmbeddedSource } from './embedded-source.ts'
import { openFileSource } from './file-source.ts'
import { createPasswordScreening, type PasswordScreening } from './password-screening.ts'
import { createRangeSource } from './range-source.ts'
import { type NamedSource, readSources } from './source-settings.ts'

type Options = {
  /** The value of `--breached-passwords`. */
  readonly setting: string
  readonly pools: Pick<PoolCatalog, 'findRiskOf'>
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn'>
  readonly countLookup: CountBreachLookup
  /** Runs `work` that a request only waits for. Meanwhile the request gives up its slot. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/** A service has a little less time than the lookup, so that its failure still has a reason. */
const serviceMs = lookupMs - 100

/**
 * Opens the sources of stolen passwords.
 * @throws SettingsError when a source cannot be used
 */
export async function openPasswordScreening(options: Options): Promise<PasswordScreening & { close(): Promise<void> }> {
  const sources: BreachSource[] = []
  try {
    for (const named of readSources(options.setting)) sources.push(await openSource(named, options))
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()))
    throw error
  }
  const breachedPasswords = createBreachedPasswords({ ...options, sources })
  return { ...createPasswordScreening({ ...options, breachedPasswords }), close: breachedPasswords.close }
}

async function openSource(named: NamedSource, { clock, withoutSlot }: Options): Promise<BreachSource> {
  switch (named.kind) {
    case 'embedded':
      return createEmbeddedSource()
    case 'range': {
      const source = createRangeSource(named.url, clock, serviceMs)
      return { ...source, has: (password, signal) => withoutSlot(() => source.has(password, signal)) }
    }
    case 'file':
      return openFile(named.path)
  }
}

async function openFile(path: string): Promise<BreachSource> {
  try {
    return (await openFileSource(path)).source
  } catch (error) {
    if (error instanceof BreachSourceError)
      throw new SettingsError(`--breached-passwords: the file ${path} cannot be used: ${error.message}.`)
    throw error
  }
}
