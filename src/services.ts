import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createAccessKeyCache } from './access/access-key-cache.ts'
import { createCredentialFinder } from './access/find-credential.ts'
import { createRoleCache } from './access/roles/role-cache.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import { startAuditStream } from './audit/stream/audit-stream.ts'
import { createStreamDestination } from './audit/stream/destination.ts'
import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import { createSrpPowers } from './base/srp/powers.ts'
import { readWebhookSecret } from './base/webhook-signature.ts'
import { configuredCodeKeys, configuredCredentials, configuredGateways } from './configured-gateways.ts'
import { configuredProviders } from './configured-providers.ts'
import { createIdentityCache } from './identity-pools/identities/identity-cache.ts'
import type { LogSinks } from './log-delivery/log-sinks.ts'
import { openLogDelivery } from './log-delivery/open-log-delivery.ts'
import { createCodeEncryption } from './messaging/code-encryption.ts'
import { createCustomSenderGateway } from './messaging/custom-sender-gateway.ts'
import type { Gateways } from './messaging/gateways/gateway.ts'
import { createAfterCommit } from './messaging/outbox.ts'
import { createOutboxWorker } from './messaging/outbox-worker.ts'
import { openLogoutWorker } from './oauth/logout/back-channel/open-logout-worker.ts'
import { openBackups } from './open-backups.ts'
import type { OpenedDatabase } from './open-database.ts'
import { openProtection } from './open-protection.ts'
import { readSenderDomains } from './pools/email-sender.ts'
import type { ServerDefaults } from './pools/pool.ts'
import { createPoolCatalog, type PoolCatalog } from './pools/pool-catalog.ts'
import { createProvisionedLimits } from './pools/provisioned-limits/provisioned-limits.ts'
import { quotasWith } from './pools/quotas.ts'
import { formatReaders } from './portability/import/format-readers.ts'
import { serviceGauges } from './service-gauges.ts'
import type { Settings } from './settings.ts'
import type { ClosingStep } from './shutdown.ts'
import type { Db } from './storage/db.ts'
import { startSweeper } from './storage/sweeper.ts'
import { sweepsOf } from './sweeps.ts'
import { createKeyPairs } from './tokens/key-pairs.ts'
import { createKeysAhead } from './tokens/keys-ahead.ts'
import { createSigningKeys } from './tokens/signing-keys.ts'
import { openTriggers } from './triggers/open-triggers.ts'
import { hasTrigger, type Triggers } from './triggers/trigger.ts'
import { openFormerPools } from './users/former-pool/open-former-pools.ts'
import { createImportRunner } from './users/import/import-runner.ts'
import { type Argon2Keys, createArgon2Keys } from './users/passwords/argon2-keys.ts'
import { createImportedHashes, type ImportedHashes } from './users/passwords/imported-hashes.ts'
import { createPasswords } from './users/passwords/passwords.ts'
import { createSchemaChangeRunner } from './users/schema-changes/schema-change-runner.ts'
import { findUserByName } from './users/user-repository.ts'
import type { Metrics } from './web/metrics.ts'
import { pageTexts } from './web/pages/texts.ts'

/**
 * The most modular exponentiations that may wait in a process: about a second of work on one thread. Beyond it, callers are told to retry.
 */
const powerQueueLimit = 1024

/**
 * The most threads for password proofs unless the settings say otherwise. With more, signatures and the event loop would be the bottleneck.
 */
const maxWorkers = 8

/** How many imported password hashes are checked at once. Each check takes up to 128 MiB of memory. */
const hashWorkers = 2
/** How many imported password hashes may wait for their check: about five seconds of work. */
const hashQueueLimit = 32
/** How many computations of Argon2id may wait for each thread: a few seconds of work. */
const argon2QueueLimit = 64

type ServiceOptions = {
  readonly settings: Settings
  readonly database: OpenedDatabase
  readonly publicUrl: string
  readonly logger: Logger
  readonly clock: Clock
  /** Replaces the configured gateways in tests. */
  readonly gateways?: Gateways | undefined
  readonly metrics: Metrics
  /** Runs `work` that a request only waits for. Meanwhile the request gives up its slot; see Admission in web/overload. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/** Everything that operations can ask for by name, and how to close it. Each operation names only what it uses. */
export type Services = Awaited<ReturnType<typeof openServices>>

export async function openServices(options: ServiceOptions) {
  const { settings, database, clock, logger, metrics, withoutSlot } = options
  const { secrets, storage } = database
  const { db, publish, subscribe } = storage
  const hashing = openHashing(settings)
  const fixedValues = fixedValuesOf(options)
  const provisionedLimits = createProvisionedLimits({ db, clock, factor: rateFactorOf(settings) || 1, publish, subscribe })
  const signing = openSigningKeys(options)
  const access = openAccess(options)
  const pools = createPoolCatalog({ db, secrets, clock, serverDefaults: serverDefaultsOf(settings), publish, subscribe })
  const { triggers, invocations, ...triggerFunctions } = openTriggers({ ...options, db, secrets, pools })
  const holder = randomUUID()
  const logs = openLogDelivery({ ...options, db, pools, holder, metrics: metrics.logs })
  const protection = await openProtection({ ...options, db, pools, logs })
  const { worker, gatewayKinds } = await openOutbox(options, { pools, triggers, logSinks: logs.sinks })
  const credentials = await configuredCredentials({ ...options, ...signing, secrets, findRole: access.services.findRole })
  const work = await openBackgroundWork(options, { fixedValues, signing, pools, holder })
  return {
    db,
    secrets,
    ...fixedValues,
    importFormats: formatReaders,
    provisionedLimits,
    pools,
    powers: hashing.powers,
    outbox: { ...worker, afterCommit: createAfterCommit({ db, wake: worker.wake }) },
    passwords: createPasswords({ secrets, ...hashingWithoutSlot(hashing, withoutSlot) }),
    ...servicesOf(work),
    ...protection.services,
    triggers: triggersWithoutSlot(triggers, withoutSlot),
    invocations,
    auditTrail: createAuditTrail({ db, clock, logger, findSub: findSubIn(db, pools) }),
    ...signing,
    ...configuredProviders({ ...options, db, secrets }),
    credentialsSource: credentials.source,
    ...access.services,
    ...openFormerPools({ ...options, db, secrets, count: metrics.countFormerPoolCall }),
    countSignInStep: metrics.countSignInStep,
    gatewayKinds,
    gauges: serviceGauges({ isStreaming: work.auditStream !== undefined, logs, db, ...hashing, triggerFunctions, ...work }),
    /** Take these steps after the last request has ended, and before the database is closed. */
    closingSteps: [
      { ...work, outbox: worker, logs, keysAhead: signing.keysAhead, keyPairs: signing.keyPairs },
      { ...hashing, triggerFunctions },
      { pools, provisionedLimits, signingKeys: signing.signingKeys, access, credentials, protection },
    ] satisfies ClosingStep[],
  }
}

/** What operations wake of the work beside the requests. */
const servicesOf = ({ imports, schemaChanges, backups, logoutWorker }: Awaited<ReturnType<typeof openBackgroundWork>>) => ({
  imports,
  schemaChanges,
  backups,
  logoutWorker,
})

type BackgroundParts = {
  readonly fixedValues: ReturnType<typeof fixedValuesOf>
  readonly signing: ReturnType<typeof openSigningKeys>
  readonly pools: PoolCatalog
  readonly holder: string
}

/** The work that goes on beside the requests. */
async function openBackgroundWork(options: ServiceOptions, { fixedValues, signing, pools, holder }: BackgroundParts) {
  const { settings, database, logger, clock, metrics } = options
  const { secrets, storage } = database
  const { db, checkpoint } = storage
  const backups = await openBackups({ ...options, holder })
  return {
    imports: createImportRunner({ ...fixedValues, db, secrets, pools, logger, holder, importFormats: formatReaders }),
    schemaChanges: createSchemaChangeRunner({ db, engine: storage.engine, clock, pools, logger, holder, checkpoint }),
    backups,
    logoutWorker: openLogoutWorker({ ...options, ...signing, db, pools }),
    auditStream: openAuditStream({ settings, db, clock, logger, holder, countFailure: metrics.countAuditStreamFailure }),
    sweeper: startSweeper({ db, clock, logger, holder, sweeps: sweepsOf(settings), metrics: metrics.sweeps, checkpoint }),
  }
}

function openSigningKeys({ database, clock }: ServiceOptions) {
  const keyPairs = createKeyPairs()
  const signingKeys = createSigningKeys({ ...database.storage, secrets: database.secrets, clock, keyPairs })
  return { keyPairs, signingKeys, keysAhead: createKeysAhead(signingKeys) }
}

/** What finds the credentials that sign requests, and the roles that limit them. */
function openAccess({ settings, database, clock, logger }: ServiceOptions) {
  const { secrets, storage } = database
  const accessKeys = createAccessKeyCache({ ...storage, secrets, clock })
  const roleCache = createRoleCache({ ...storage, clock, logger })
  const identityCache = createIdentityCache({ ...storage, clock })
  const findCredential = createCredentialFinder({
    secrets,
    clock,
    logger,
    accountId: settings.accountId,
    findAccessKey: accessKeys.find,
    findRole: roleCache.find,
    hasIdentity: identityCache.has,
  })
  return {
    services: { findCredential, roleCache, findRole: roleCache.find, identityCache },
    close() {
      for (const cache of [accessKeys, roleCache, identityCache]) cache.close()
    },
  }
}

/** Finds the `sub` of a user for the audit record of a refused call. Such a call may name a pool or a user that does not exist. */
function findSubIn(db: Db, pools: PoolCatalog) {
  return async (poolId: string, username: string): Promise<string | undefined> => {
    const pool = await pools.findPool(poolId)
    return pool && (await findUserByName(db, pool, username))?.sub
  }
}

/** What stays the same while the server runs: values of the settings, and the texts that pages have. */
function fixedValuesOf({ publicUrl, clock, settings }: ServiceOptions) {
  const { mode, region, accountId, quotas, enforceTiers, keepDeletedPoolsDays, srpClockToleranceSeconds, emailFromDomains } = settings
  const account = { region, accountId, quotas: quotasWith(quotas), tiers: { enforced: enforceTiers }, acceptsCustomIds: mode === 'dev' }
  const limits = {
    keepDeletedPoolsDays,
    srpToleranceMs: srpClockToleranceSeconds * 1000,
    senderDomains: readSenderDomains(emailFromDomains),
  }
  return { publicUrl, clock, ...account, ...limits, pageTexts }
}

type WithoutSlot = ServiceOptions['withoutSlot']

/** While a trigger function runs, its request gives its slot to other requests. */
function triggersWithoutSlot<T extends Triggers>(triggers: T, withoutSlot: WithoutSlot): T {
  return {
    ...triggers,
    invoke: (call, read) =>
      hasTrigger(call.pool, call.trigger) ? withoutSlot(() => triggers.invoke(call, read)) : triggers.invoke(call, read),
    simulateInvocation: (pool, trigger) =>
      hasTrigger(pool, trigger)
        ? withoutSlot(() => triggers.simulateInvocation(pool, trigger))
        : triggers.simulateInvocation(pool, trigger),
  }
}

type Hashing = ReturnType<typeof openHashing>

/** The computations of hashes have queues and limits of their own, so a request needs no slot while it waits for one. */
function hashingWithoutSlot({ powers, importedHashes, argon2 }: Hashing, withoutSlot: WithoutSlot) {
  const waitFor = <T>(running: Promise<T> | undefined) => running && withoutSlot(() => running)
  return {
    powers,
    importedHashes: { check: (...check: Parameters<ImportedHashes['check']>) => waitFor(importedHashes.check(...check)) },
    argon2: { derive: (...input: Parameters<Argon2Keys['derive']>) => waitFor(argon2.derive(...input)) },
  }
}

function openAuditStream({ settings, ...options }: { settings: Settings } & Omit<Parameters<typeof startAuditStream>[0], 'destination'>) {
  const { auditStream: target, auditStreamSecret } = settings
  if (target === undefined) return undefined
  const secret = auditStreamSecret === undefined ? undefined : readWebhookSecret(auditStreamSecret)
  return startAuditStream({ ...options, destination: createStreamDestination({ target, secret }) })
}

/** The number of threads that compute password proofs. */
export function workersOf({ workers = Math.min(availableParallelism(), maxWorkers) }: Settings): number {
  return workers
}

/** What computes with passwords. Argon2id leaves one processor to the other work of the server. */
function openHashing(settings: Settings) {
  const workers = workersOf(settings)
  const argon2Workers = Math.max(1, workers - 1)
  return {
    powers: createSrpPowers({ workers, queueLimit: powerQueueLimit }),
    importedHashes: createImportedHashes({ workers: hashWorkers, queueLimit: hashQueueLimit }),
    argon2: createArgon2Keys({ workers: argon2Workers, queueLimit: argon2QueueLimit * argon2Workers }),
  }
}

/** The factor by which Cognito's default request rates are multiplied; 0 for no limit. */
export function rateFactorOf({ mode, rateLimits }: Settings): number {
  return rateLimits ?? (mode === 'dev' ? 0 : 1)
}

function serverDefaultsOf({ mode, maxPerRecipientPerHour }: Settings): ServerDefaults {
  const limit = maxPerRecipientPerHour ?? (mode === 'dev' ? 0 : 20)
  return { maxPerRecipientPerHour: limit === 0 ? undefined : limit }
}

async function openOutbox(
  { settings, database, logger, clock, gateways, metrics }: ServiceOptions,
  { pools, triggers, logSinks }: { readonly pools: PoolCatalog; readonly triggers: Triggers; readonly logSinks: LogSinks },
) {
  const { db } = database.storage
  const customSender = createCustomSenderGateway({ pools, triggers, encryptCode: createCodeEncryption(configuredCodeKeys(settings)) })
  const openedGateways = gateways ?? (await configuredGateways(settings, db, logger))
  const keepRecords = settings.messageRecordsHours > 0
  const { secrets } = database
  const worker = createOutboxWorker({
    db,
    secrets,
    clock,
    logger,
    metrics: metrics.messages,
    gateways: openedGateways,
    customSender,
    keepRecords,
    logSinks,
  })
  const { email, sms } = openedGateways
  return { worker, gatewayKinds: { email: email.kind ?? 'other', sms: sms.kind ?? 'other' } }
}
