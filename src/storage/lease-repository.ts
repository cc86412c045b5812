import type { Db, Tx } from './db.ts'

/**
 * Takes the lease `name` for `holder`, or renews it; false while another holder has it. It is free again `ttlMs` after
 * `now` (epoch milliseconds), so a holder that dies blocks nobody for longer. One that lasts much longer than that was taken by a clock that
 * was ahead, and is free as well: the work would stand still until then.
 */
export async function tryLease(db: Db | Tx, name: string, holder: string, now: number, ttlMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('lease')
    .values({ name, holder, expires_at: now + ttlMs })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((eb) => ({ holder: eb.ref('excluded.holder'), expires_at: eb.ref('excluded.expires_at') }))
        .where((eb) =>
          eb.or([eb('lease.holder', '=', holder), eb('lease.expires_at', '<=', now), eb('lease.expires_at', '>', now + 2 * ttlMs)]),
        ),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Frees the lease at once if `holder` still has it. */
export async function releaseLease(db: Db | Tx, name: string, holder: string): Promise<void> {
  await db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute()
}
