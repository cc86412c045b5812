import type { Insertable, Selectable } from 'kysely'
import type { Secrets } from '../../base/secrets.ts'
import type { TriggerName } from '../../pools/trigger-settings.ts'
import type { TriggerInvocationTable } from '../../storage/record-tables.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { InvocationOutcome, StoredInvocation } from './invocation.ts'

/** The sealed part of a record. */
type Details = Omit<StoredInvocation, 'id' | 'poolId' | 'sub' | 'trigger' | 'outcome' | 'startedAt'>

const contextOf = (poolId: string, id: string) => `${poolId} ${id}`

export function toRow(secrets: Secrets, usernameKey: string, invocation: StoredInvocation): Insertable<TriggerInvocationTable> {
  const { id, poolId, sub, trigger, outcome, startedAt, ...details } = invocation
  return {
    pool_id: poolId,
    sub: sub ?? '',
    id,
    trigger,
    outcome,
    username_key: usernameKey,
    started_at: startedAt,
    details: secrets.seal('trigger-invocation', JSON.stringify(details satisfies Details), contextOf(poolId, id)),
  }
}

export function fromRow(secrets: Secrets, row: Selectable<TriggerInvocationTable>): StoredInvocation {
  const details = secrets.open('trigger-invocation', row.details, contextOf(row.pool_id, row.id))
  if (details === undefined) throw new Error(`A record of a trigger of pool ${row.pool_id} does not open with this master key.`)
  return {
    ...(JSON.parse(details.toString()) as Details),
    id: row.id,
    poolId: row.pool_id,
    sub: row.sub === '' ? undefined : row.sub,
    trigger: row.trigger as TriggerName,
    outcome: row.outcome as InvocationOutcome,
    startedAt: row.started_at,
  }
}

export const sealedInvocations = sealedTable('trigger_invocation', {
  key: ['pool_id', 'sub', 'id'],
  columns: { details: (secrets, sealed, row) => secrets.reseal('trigger-invocation', sealed, contextOf(row.pool_id, row.id)) },
  areLarge: true,
})
