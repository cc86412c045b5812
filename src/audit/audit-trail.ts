import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Tx } from '../storage/db.ts'
import type { AuditInput } from './audit-record.ts'
import { insertAuditRecord } from './audit-repository.ts'

/** Records what administrators do. */
export type AuditTrail = {
  /**
   * Stores the record in the transaction that does the recorded action, so that the database has either both or neither. Also writes a line
   * to the log. That line stays even if the transaction then fails to commit: the line shows an attempt.
   */
  recordAudit(tx: Tx, input: AuditInput): Promise<void>
}

export function createAuditTrail({ clock, logger }: { readonly clock: Clock; readonly logger: Pick<Logger, 'info'> }): AuditTrail {
  return {
    async recordAudit(tx, { poolId, action, caller, user, detail, reason }) {
      const at = clock.now()
      const { accessKeyId } = caller
      const record = { poolId, id: newOrderedId(at), at, action, accessKeyId, sub: user?.sub, username: user?.username, detail, reason }
      await insertAuditRecord(tx, record)
      // The username and the reason are only in the record, not in the log, because they may be personal data.
      logger.info({ poolId, auditRecordId: record.id, action, accessKeyId, sub: user?.sub, detail }, 'An administrator acted.')
    },
  }
}
