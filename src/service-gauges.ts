import { findOldestLastingKey } from './access/access-key-repository.ts'
import { findOldestUnstreamed } from './audit/stream/stream-repository.ts'
import type { SrpPowers } from './base/srp/powers.ts'
import type { LogDelivery } from './log-delivery/open-log-delivery.ts'
import { findWaitingByChannel } from './messaging/outbox-repository.ts'
import type { BackupRunner } from './portability/backup-jobs/backup-runner.ts'
import { countSlowed } from './protection/stuffing/stuffing-repository.ts'
import type { Db } from './storage/db.ts'
import type { Sweeper } from './storage/sweeper.ts'
import { findOldestKeyInUse } from './tokens/signing-key-repository.ts'
import type { ImportRunner } from './users/import/import-runner.ts'
import type { Argon2Keys } from './users/passwords/argon2-keys.ts'
import type { ImportedHashes } from './users/passwords/imported-hashes.ts'

type Watched = {
  readonly isStreaming: boolean
  readonly logs: Pick<LogDelivery, 'findOldestWaiting'>
  readonly db: Db
  readonly powers: Pick<SrpPowers, 'waiting'>
  readonly importedHashes: Pick<ImportedHashes, 'waiting'>
  readonly argon2: Pick<Argon2Keys, 'waiting'>
  readonly triggerFunctions: { countOpenBreakers(): number }
  readonly sweeper: Sweeper
  readonly imports: ImportRunner
  readonly backups: Pick<BackupRunner, 'findLastSuccess'>
}

/** The values that the metrics show about the services, such as the lengths of queues. */
export function serviceGauges(watched: Watched) {
  const { isStreaming, logs, db, powers, importedHashes, argon2, triggerFunctions, sweeper, imports, backups } = watched
  return {
    findWaitingMessages: () => findWaitingByChannel(db),
    countSlowedNetworks: (now: number) => countSlowed(db, now),
    findOldestUnstreamed: isStreaming ? () => findOldestUnstreamed(db) : undefined,
    findOldestLogRecord: logs.findOldestWaiting,
    async findOldestKeys() {
      const [signing, access] = await Promise.all([findOldestKeyInUse(db), findOldestLastingKey(db)])
      return { signing, access }
    },
    queueLengths() {
      const { fixedBase, sharedSecret } = powers.waiting()
      const hashes = { 'imported-hashes': importedHashes.waiting(), argon2: argon2.waiting() }
      return { 'srp-fixed-base': fixedBase, 'srp-shared-secret': sharedSecret, ...hashes }
    },
    countOpenBreakers: triggerFunctions.countOpenBreakers,
    hasSweeperLease: sweeper.hasLease,
    isImporting: imports.isImporting,
    findLastBackup: backups.findLastSuccess,
  }
}
