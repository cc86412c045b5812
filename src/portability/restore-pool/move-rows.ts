import { newClientId } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Db } from '../../storage/db.ts'
import { exportableHash, sealImportedHash } from '../../users/passwords/sealed-password.ts'
import type { BackupRow } from '../backup-rows.ts'
import { PortabilityError } from '../portability-error.ts'
import { orRefused } from '../refused-values.ts'
import { type FindUsernames, findTakenClients, findTakenDomains, findTakenMessage, isQueue, withoutStoredRecords } from './clashes.ts'
import type { SecretMover } from './move-secrets.ts'
import type { PoolRows } from './read-pool-rows.ts'
import { isLeftOut, underNewId } from './rows-under-new-id.ts'

/** What the operator has to know about the restored rows. */
export type MoveReport = {
  /** The new ids of the app clients that got one, by their old ids. */
  readonly newClientIds: Map<string, string>
  /** The domains that other pools have. */
  readonly takenDomains: string[]
  /** How many rows of each table were left out. */
  readonly leftOut: Map<string, number>
}

type Options = {
  readonly db: Db
  readonly mover: SecretMover
  /** The pool in the backup. */
  readonly poolId: string
  /** The restored pool; the same as `poolId` unless it gets another id. */
  readonly targetId: string
  /** The usernames of the users that earlier batches had. */
  readonly findUsernames: FindUsernames
  readonly report: MoveReport
}

/**
 * Makes the rows that are to be stored from those of a backup. Call it for the batches in their order.
 * @throws PortabilityError when an app client belongs to another pool and cannot get a new id, when a message has the id of one of another
 *   pool, or when a sealed value does not open
 */
export function createRowMover(options: Options): (batch: PoolRows) => Promise<readonly BackupRow[]> {
  const { poolId, targetId, report } = options
  return async (batch) => {
    const wanted = await withoutClashes(options, batch)
    report.leftOut.set(batch.table, (report.leftOut.get(batch.table) ?? 0) + batch.rows.length - wanted.length)
    return poolId === targetId ? wanted.map((row) => options.mover.move(batch.table, row)) : moveToNewId(options, batch, wanted)
  }
}

async function withoutClashes({ db, poolId, targetId, report }: Options, { table, rows }: PoolRows): Promise<readonly BackupRow[]> {
  const isNewId = poolId !== targetId
  // The worker of log deliveries cannot tell a hidden pool from a deleted one, and the records were delivered by the old pool, or will be.
  if (table === 'log_record' || (isNewId && isLeftOut(table))) return []
  if (table === 'audit_record') return withoutStoredRecords(db, poolId, rows)
  if (table === 'pool_domain') {
    const taken = await findTakenDomains(db, { ids: rows.map(({ domain }) => String(domain)), exceptPoolId: targetId })
    report.takenDomains.push(...taken)
    return rows.filter(({ domain }) => !taken.has(String(domain)))
  }
  if (isQueue(table)) {
    const taken = await findTakenMessage(db, table, { ids: rows.map(({ id }) => String(id)), exceptPoolId: targetId })
    if (taken !== undefined) throw messageTaken(table, taken)
  }
  if (table === 'app_client') {
    const taken = await findTakenClients(db, { ids: rows.map(({ id }) => String(id)), exceptPoolId: targetId })
    const [first] = taken
    if (first !== undefined && !isNewId) throw clientTaken(first)
    for (const id of taken) report.newClientIds.set(id, newClientId())
  }
  return rows
}

async function moveToNewId(options: Options, { table }: PoolRows, rows: readonly BackupRow[]): Promise<readonly BackupRow[]> {
  const { mover, targetId, report } = options
  const ids = { poolId: targetId, clientId: (id: string) => report.newClientIds.get(id) ?? id }
  const change = (row: BackupRow) => underNewId(table, row, ids)
  switch (table) {
    case 'user':
      return rows.map((row) => movePassword(options, table, change(row), String(row['username'])))
    case 'password_history': {
      const usernames = await options.findUsernames(targetId, [...new Set(rows.map(({ sub }) => String(sub)))])
      // A row without a user is one that the sweeper was about to remove.
      return rows.flatMap((row) => {
        const moved = movePassword(options, table, change(row), usernames.get(String(row['sub'])) ?? '')
        return usernames.has(String(row['sub'])) ? [moved] : []
      })
    }
    default:
      return rows.map((row) => mover.moveChanged(table, row, change))
  }
}

/**
 * A verifier of SRP depends on the id of the pool. So it becomes an imported one: the next sign-in with the password itself replaces it by
 * one of the new pool, and from then on SRP works.
 */
function movePassword({ mover, poolId, targetId }: Options, table: string, row: BackupRow, username: string): BackupRow {
  const { password } = row
  if (typeof password !== 'string' || password === '') return row
  const owner = { sub: String(row['sub']), username }
  const reseal = (backup: Secrets, target: Secrets) =>
    sealImportedHash(target, { ...owner, poolId: targetId }, exportableHash(backup, { ...owner, poolId }, password))
  return { ...row, password: orRefused(table, () => reseal(mover.backup, mover.target)) }
}

function clientTaken(clientId: string): PortabilityError {
  return new PortabilityError(
    `The app client ${clientId} of the backup belongs to another user pool here. Restore under another pool id with --as: then the client gets a new id.`,
  )
}

function messageTaken(table: string, id: string): PortabilityError {
  return new PortabilityError(
    `The backup has a row in its table ${table} whose id ${JSON.stringify(id)} a message of another user pool has here. Restore under another pool id with --as: then messages are left out.`,
  )
}
