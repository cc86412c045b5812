import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoleCache } from './access/roles/role-cache.ts'
import type { Clock } from './base/clock.ts'
import { createLogger } from './base/logger.ts'
import { createKeyRing, type Secrets } from './base/secrets.ts'
import { createSrpPowers } from './base/srp/powers.ts'
import { openCopyDeps } from './open-copy.ts'
import type { OpenedDatabase } from './open-database.ts'
import { signingRuleOf } from './pools/extensions/signed-endpoints.ts'
import type { CallDeps } from './portability/pool-file/operation-calls.ts'
import type { Settings } from './settings.ts'
import { openStorage, type Storage } from './storage/open-storage.ts'
import { createArgon2Keys } from './users/passwords/argon2-keys.ts'
import { createImportedHashes } from './users/passwords/imported-hashes.ts'
import { createPasswords } from './users/passwords/passwords.ts'
import { pageTexts } from './web/pages/texts.ts'

export type ApplyDeps = { readonly deps: CallDeps; close(): Promise<void> }

/** One computation of a password is waited for at a time. */
const oneAtATime = { workers: 1, queueLimit: 8 }

/** The services of a command that applies pool files. The keys of a new pool are made by the server that first needs them. */
export function openApplyDeps(database: Pick<OpenedDatabase, 'storage' | 'secrets'>, settings: Settings, clock: Clock): ApplyDeps {
  const { secrets, storage } = database
  const logger = createLogger({ level: 'silent', format: 'json' })
  const { close: closeCopy, ...copy } = openCopyDeps(database, settings, clock)
  const powers = createSrpPowers(oneAtATime)
  const argon2 = createArgon2Keys(oneAtATime)
  const importedHashes = createImportedHashes(oneAtATime)
  const roleCache = createRoleCache({ ...storage, clock, logger })
  return {
    deps: {
      ...copy,
      accountId: settings.accountId,
      region: settings.region,
      acceptsCustomIds: settings.mode === 'dev',
      keysAhead: { make: () => undefined },
      passwords: createPasswords({ secrets, powers, importedHashes, argon2 }),
      pageTexts,
      jwksUriRule: { allowsLoopback: settings.mode === 'dev' },
      maySignFormerCalls: signingRuleOf(settings),
      roleCache,
    },
    async close() {
      roleCache.close()
      await Promise.all([powers.close(), argon2.close(), importedHashes.close()])
      closeCopy()
    },
  }
}

type ScratchOptions = {
  /** What seals the values in the empty database. By default, keys that are thrown away with it. */
  readonly secrets?: Secrets
  /** Whether identity providers are asked for their metadata. It is no part of a file, but part of the pool that a file makes. */
  readonly asksProviders?: boolean
}

/** The services of an empty database in a folder of its own, in which files are tried out. */
export async function openScratch(
  settings: Settings,
  clock: Clock,
  { secrets = createKeyRing(randomBytes(32)).secrets, asksProviders = false }: ScratchOptions = {},
): Promise<ApplyDeps & { readonly storage: Storage }> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-apply-'))
  try {
    const storage = await openStorage({ url: `sqlite:${join(folder, 'scratch.db')}` })
    await storage.migrate()
    const { deps, close } = openApplyDeps({ storage, secrets }, settings, clock)
    return {
      storage,
      deps: asksProviders ? deps : { ...deps, discoverDetails: async () => ({}) },
      async close() {
        await close()
        await storage.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}
