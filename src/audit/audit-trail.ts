import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Tx } from '../storage/db.ts'
import type { Act } from './audit-record.ts'
import { insertAuditRecord } from './audit-repository.ts'

/** Keeps what administrators do. */
export type AuditTrail = {
  /**
   * Keeps it in the transaction that does it: there is no act without its record. The log has it as well, where an act whose transaction
   * fails to commit after all shows as an attempt.
   */
  recordAudit(tx: Tx, act: Act): Promise<void>
}

export function createAuditTrail({ clock, logger }: { readonly clock: Clock; readonly logger: Pick<Logger, 'info'> }): AuditTrail {
  return {
    async recordAudit(tx, { poolId, action, caller, user, detail, reason }) {
      const at = clock.now()
      const { accessKeyId } = caller
      const record = { poolId, id: newOrderedId(at), at, action, accessKeyId, sub: user?.sub, username: user?.username, detail, reason }
      await insertAuditRecord(tx, record)
      // Without the name and the reason, which may be personal: the record has them.
      logger.info({ poolId, auditRecordId: record.id, action, accessKeyId, sub: user?.sub, detail }, 'An administrator acted.')
    },
  }
}
