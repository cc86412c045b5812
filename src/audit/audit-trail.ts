import { userInfo } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import { ApiError } from '../contract/api-error.ts'
import type { OperationName } from '../contract/operation.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type AuditRecord, outcomeOk } from './audit-record.ts'
import { insertAuditRecord } from './audit-repository.ts'
import type { AuditedCall, AuditedChange } from './audited-caller.ts'
import { createRefusalLimit } from './refusal-limit.ts'
import { type RequestSubject, subjectOfRequest } from './request-subject.ts'

/** What is known about a call before its body is read. */
export type CallOrigin = Pick<AuditRecord, 'accessKeyId' | 'sessionArn' | 'sessionIdentityId' | 'requestId' | 'address'> & {
  readonly operation: OperationName
}

/** A call that must leave exactly one audit record, whatever becomes of it. */
export type OpenAuditedCall = AuditedCall & {
  /** Reads from the body, which need not be valid, what the call is about. */
  readSubject(body: unknown): void
  /** Ends a call that was answered. Its handler has stored the record. */
  succeed(): Promise<void>
  /** Ends a call that failed with `error`: stores a record of the refusal. Never throws. */
  refuse(error: unknown): Promise<void>
}

/** Records who changes what. */
export type AuditTrail = { open(origin: CallOrigin): OpenAuditedCall }

type Options = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
  /** The `sub` of a user that a refused request names; undefined when there is no such user. */
  readonly findSub: (poolId: string, username: string) => Promise<string | undefined>
}

export function createAuditTrail({ db, clock, logger, findSub }: Options): AuditTrail {
  const logLost = createLostRecordLog(logger, clock)
  const mayStoreRefusal = createRefusalLimit()

  return {
    open(origin) {
      const at = clock.now()
      const id = uuidv7(at)
      let request: RequestSubject = {}
      let recorded: AuditedChange | undefined

      /** @NOTE Each record of the call's outcome has the same id. So no refusal is stored when a commit succeeded but its answer was lost. */
      const store = (db: Db | Tx, outcome: string, change: AuditedChange, recordId = id) =>
        insertAuditRecord(db, { id: recordId, at, ...origin, ...subjectOf(request, change), outcome, ...factsOf(change) })

      return {
        readSubject(body) {
          request = subjectOfRequest(origin.operation, body)
        },

        async record(tx, change = {}) {
          await store(tx, outcomeOk, change)
          recorded = change
        },

        async recordEarlierStep(tx, change) {
          await store(tx, outcomeOk, change, uuidv7(at))
        },

        async succeed() {
          if (recorded !== undefined) return
          logger.error({ operation: origin.operation }, 'The operation stored no audit record with its change. The record is stored now.')
          await store(db, outcomeOk, {})
        },

        async refuse(error) {
          if (error instanceof DatabaseUnavailableError) return // The storage layer logs it.
          if (!mayStoreRefusal()) return logLost(new Error('too many calls are refused'), origin.operation)
          try {
            const outcome = error instanceof ApiError ? error.code : 'InternalErrorException'
            // The pool is part of the key, so it must be that of a record that may be stored already.
            await store(db, outcome, { poolId: recorded?.poolId, subject: await findSubOf(request, findSub) })
          } catch (lost) {
            logLost(lost, origin.operation)
          }
        },
      }
    },
  }
}

async function findSubOf({ poolId, username }: RequestSubject, findSub: Options['findSub']): Promise<string | undefined> {
  return poolId === undefined || username === undefined ? undefined : findSub(poolId, username)
}

/** Logs that records of refused calls are lost, once a minute: a caller can send refused calls again and again. */
function createLostRecordLog(logger: Options['logger'], clock: Clock): (error: unknown, operation: string) => void {
  const throttle = createWarningThrottle()
  return (err, operation) => {
    if (err instanceof DatabaseUnavailableError) return
    const failures = throttle.countToReport('refused call', clock.now())
    if (failures !== undefined) logger.error({ err, operation, failures }, 'The audit record of a refused call was not stored.')
  }
}

/** Stores the record of a command that an operator ran on the machine of the server. */
export async function recordCommand(
  tx: Tx,
  clock: Clock,
  { outcome = outcomeOk, ...command }: Pick<AuditRecord, 'operation' | 'poolId' | 'subject' | 'detail'> & { readonly outcome?: string },
): Promise<void> {
  const at = clock.now()
  await insertAuditRecord(tx, { id: uuidv7(at), at, systemUser: systemUser(), ...command, outcome })
}

/**
 * Stores the record of a change that a request without a signature made, in the transaction of the change: the registration of a client by
 * itself. Refused requests leave no record, because a stranger can send any number of them.
 */
export async function recordUnsignedChange(
  tx: Tx,
  clock: Clock,
  change: Pick<AuditRecord, 'operation' | 'poolId' | 'subject' | 'requestId' | 'address' | 'changedMembers' | 'detail'>,
): Promise<void> {
  const at = clock.now()
  await insertAuditRecord(tx, { id: uuidv7(at), at, ...change, outcome: outcomeOk })
}

/** The name of the operating system's user who runs this process. A user id without a name, as in some containers, becomes `uid 1234`. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}

/** The narrowest thing that the call is about. A call about nothing else is about its pool. */
function subjectOf(request: RequestSubject, { user, subject, ...change }: AuditedChange): Partial<AuditRecord> {
  const poolId = change.poolId ?? request.poolId
  const username = user?.username ?? request.username
  return { poolId, username, subject: user?.sub ?? subject ?? username ?? request.subject ?? poolId }
}

const factsOf = ({ changedMembers, detail, reason }: AuditedChange): Partial<AuditRecord> => ({ changedMembers, detail, reason })
