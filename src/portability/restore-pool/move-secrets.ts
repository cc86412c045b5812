import { createSecrets, type KeyRing, type Secrets } from '../../base/secrets.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { BackupRow } from '../backup-rows.ts'
import { orRefused } from '../refused-values.ts'

/** Moves the sealed values of rows from the key of a backup to the master key. */
export type SecretMover = {
  /** The key of the backup: opens what the rows have sealed. */
  readonly backup: Secrets
  /** The master key. */
  readonly target: Secrets
  /** The row with its values sealed under the master key. */
  move(table: string, row: BackupRow): BackupRow
  /**
   * Like `move`, for a row that gets other ids: `change` makes the new row. Ids are part of what a sealed value is bound to, so each value is
   * opened as one of the old row and sealed as one of the new row. `change` sees meaningless texts in place of the sealed values.
   */
  moveChanged(table: string, row: BackupRow, change: (row: BackupRow) => BackupRow): BackupRow
}

/** @throws PortabilityError, from its functions, when a value does not open under the key of the backup */
export function createSecretMover(keyRing: KeyRing, rowKey: Buffer, sealedTables: readonly SealedTable[]): SecretMover {
  const backup = createSecrets(rowKey)
  const target = keyRing.secrets
  const sealedOf = (table: string) => sealedTables.find((each) => each.table === table)
  // A value under a master key of this database must not pass for one of the backup. So each value has to open under the backup's key.
  const both = keyRing.openingAlso(rowKey)
  const moving: Secrets = {
    ...both,
    reseal(purpose, sealed, context) {
      if (backup.open(purpose, sealed, context) === undefined) throw new Error('The value does not open.')
      return both.reseal(purpose, sealed, context)
    },
    open: backup.open,
  }
  return {
    backup,
    target,
    move(table, row) {
      const sealed = sealedOf(table)
      return sealed === undefined ? row : { ...row, ...orRefused(table, () => sealed.reseal(moving, row)) }
    },
    moveChanged(table, row, change) {
      const sealed = sealedOf(table)
      if (sealed === undefined) return change(row)
      const { opening, sealing } = inTwoSteps(backup, target)
      const changed = change({ ...row, ...orRefused(table, () => sealed.reseal(opening, row)) })
      return { ...changed, ...orRefused(table, () => sealed.reseal(sealing, changed)) }
    },
  }
}

/** `opening` opens values and puts marks in their places. `sealing` replaces the marks by the values, sealed anew. */
function inTwoSteps(backup: Secrets, target: Secrets): { readonly opening: Secrets; readonly sealing: Secrets } {
  const opened = new Map<string, Buffer>()
  return {
    opening: {
      ...backup,
      reseal(purpose, sealed, context) {
        const plain = backup.open(purpose, sealed, context)
        if (plain === undefined) throw new Error('The value does not open.')
        const mark = `moved-${opened.size}`
        opened.set(mark, plain)
        return mark
      },
    },
    sealing: {
      ...target,
      open: (_purpose, mark) => opened.get(mark),
      reseal(purpose, mark, context) {
        const plain = opened.get(mark)
        if (plain === undefined) throw new Error('The value was not opened.')
        return target.seal(purpose, plain, context)
      },
    },
  }
}
