import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createAccessKeyCache } from './access/access-key-cache.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import { createSrpPowers } from './base/srp/powers.ts'
import { configuredCodeKeys, configuredGateways } from './configured-gateways.ts'
import { createAfterCommit } from './messaging/after-commit.ts'
import { createCodeEncryption } from './messaging/code-encryption.ts'
import { createCustomSenderGateway } from './messaging/custom-sender-gateway.ts'
import type { Gateways } from './messaging/gateways/gateway.ts'
import { createOutboxWorker } from './messaging/outbox-worker.ts'
import type { OpenedDatabase } from './open-database.ts'
import { readSenderDomains } from './pools/email-sender.ts'
import type { ServerDefaults } from './pools/pool.ts'
import { createPoolCatalog, type PoolCatalog } from './pools/pool-catalog.ts'
import { createProvisionedLimits } from './pools/provisioned-limits/provisioned-limits.ts'
import { quotasWith } from './pools/quotas.ts'
import { createCodeLockout } from './protection/code-lockout.ts'
import { createDeviceLockout } from './protection/device-lockout.ts'
import { createPasswordLockout } from './protection/password-lockout.ts'
import type { Settings } from './settings.ts'
import { startSweeper } from './storage/sweeper.ts'
import { sweepsOf } from './sweeps.ts'
import { createKeysAhead } from './tokens/keys-ahead.ts'
import { createSigningKeys } from './tokens/signing-keys.ts'
import { openTriggers } from './triggers/open-triggers.ts'
import { hasTrigger, type Triggers } from './triggers/trigger.ts'
import { createImportRunner } from './users/import/import-runner.ts'
import { createImportedHashes, type ImportedHashes } from './users/passwords/imported-hashes.ts'
import { createPasswords } from './users/passwords/passwords.ts'

/** Modular powers that may wait in a process; about a second of work on one thread. Past it, callers are told to come back. */
const powerQueueLimit = 1024

/** Past eight threads the signatures and the event loop are what a process waits for. */
const mostWorkers = 8

/** Imported password hashes that may be in work at once, at up to 64 MB each, and that may wait: some five seconds of work. */
const mostHashWorkers = 2
const hashQueueLimit = 32

type Needs = {
  readonly settings: Settings
  readonly database: OpenedDatabase
  readonly publicUrl: string
  readonly logger: Logger
  readonly clock: Clock
  /** What a test puts in the place of the configured gateways. */
  readonly gateways?: Gateways | undefined
  /** Hears of every trigger that was asked. */
  readonly countInvocation: (trigger: string, outcome: string, seconds: number) => void
  /** Runs what a request waits for without work of its own; see Admission in web/overload. */
  readonly outside: <T>(work: () => Promise<T>) => Promise<T>
}

/** Everything that operations ask for by name, and how it ends. Each names only what it uses. */
export type Services = Awaited<ReturnType<typeof openServices>>

export async function openServices(needs: Needs) {
  const { settings, database, publicUrl, logger, clock } = needs
  const { secrets, storage } = database
  const { db, publish, subscribe, writeBack } = storage
  const powers = openPowers(settings)
  const provisionedLimits = createProvisionedLimits({ db, clock, factor: rateFactorOf(settings) || 1, publish, subscribe })
  const signingKeys = createSigningKeys({ ...storage, secrets, clock })
  const accessKeys = createAccessKeyCache({ ...storage, secrets, clock })
  const pools = createPoolCatalog({ db, secrets, clock, serverDefaults: serverDefaultsOf(settings), publish, subscribe })
  const { triggers, invocations, ...asking } = openTriggers({ ...needs, db, secrets, pools })
  const worker = await openOutbox(needs, pools, triggers)
  const importedHashes = createImportedHashes({ workers: mostHashWorkers, queueLimit: hashQueueLimit })
  const keysAhead = createKeysAhead(signingKeys)
  const holder = randomUUID()
  const imports = createImportRunner({ db, secrets, clock, pools, logger, holder })
  const sweeper = startSweeper({ db, clock, logger, holder, sweeps: sweepsOf(settings), writeBack })
  return {
    db,
    secrets,
    clock,
    publicUrl,
    ...accountOf(settings),
    provisionedLimits,
    pools,
    powers,
    outbox: { ...worker, afterCommit: createAfterCommit({ db, wake: worker.wake }) },
    passwords: createPasswords({ secrets, powers, importedHashes: checkedOutside(importedHashes, needs.outside) }),
    imports,
    lockout: createPasswordLockout({ db }),
    codeLockout: createCodeLockout({ db, outside: needs.outside }),
    deviceLockout: createDeviceLockout({ db }),
    srpToleranceMs: settings.srpClockToleranceSeconds * 1000,
    triggers: askedOutside(triggers, needs.outside),
    invocations,
    audit: createAuditTrail({ clock, logger }),
    signingKeys,
    keysAhead,
    senderDomains: readSenderDomains(settings.emailFromDomains),
    findAccessKey: accessKeys.find,
    /** To be called when no request is in flight any more, and before the database is closed. */
    async close(): Promise<void> {
      await Promise.all([sweeper, imports, worker, keysAhead].map((part) => part.close()))
      await Promise.all([powers.close(), importedHashes.close(), asking.close()])
      for (const listening of [pools, provisionedLimits, signingKeys, accessKeys]) listening.close()
    },
  }
}

/** What AWS knows of an account. */
function accountOf({ region, accountId, quotas, enforceTiers }: Settings) {
  return { region, accountId, quotas: quotasWith(quotas), tiers: { enforced: enforceTiers } }
}

type Outside = Needs['outside']

/** For requests: while a function runs, its request leaves its place to others. */
function askedOutside<T extends Triggers>(triggers: T, outside: Outside): T {
  return {
    ...triggers,
    ask: (call, read) => (hasTrigger(call.pool, call.trigger) ? outside(() => triggers.ask(call, read)) : triggers.ask(call, read)),
    simulateInvocation: (pool, trigger) =>
      hasTrigger(pool, trigger) ? outside(() => triggers.simulateInvocation(pool, trigger)) : triggers.simulateInvocation(pool, trigger),
  }
}

/** Imported hashes have a queue and a limit of their own. */
function checkedOutside(hashes: ImportedHashes, outside: Outside): Pick<ImportedHashes, 'check'> {
  return {
    check(question) {
      const checking = hashes.check(question)
      return checking && outside(() => checking)
    },
  }
}

function openPowers({ workers = Math.min(availableParallelism(), mostWorkers) }: Settings) {
  return createSrpPowers({ workers, queueLimit: powerQueueLimit })
}

/** How many times Cognito's default request rates are let through; 0 for any rate. */
export function rateFactorOf({ mode, rateLimits }: Settings): number {
  return rateLimits ?? (mode === 'dev' ? 0 : 1)
}

function serverDefaultsOf({ mode, maxPerRecipientPerHour }: Settings): ServerDefaults {
  const most = maxPerRecipientPerHour ?? (mode === 'dev' ? 0 : 20)
  return { maxPerRecipientPerHour: most === 0 ? undefined : most }
}

async function openOutbox({ settings, database, logger, clock, gateways }: Needs, pools: PoolCatalog, triggers: Triggers) {
  const { db } = database.storage
  const customSender = createCustomSenderGateway({ pools, triggers, encryptCode: createCodeEncryption(configuredCodeKeys(settings)) })
  const ways = gateways ?? (await configuredGateways(settings, db, logger))
  const keepRecords = settings.messageRecordsHours > 0
  return createOutboxWorker({ db, secrets: database.secrets, clock, logger, gateways: ways, customSender, keepRecords })
}
