import type { Db, Tx } from './db.ts'

/** A named right that one process has at a time. `holder` identifies the process. */
export type Lease = { readonly name: string; readonly holder: string }

/**
 * Takes the lease for its holder, or renews it; false while another holder has it. The lease is free again `ttlMs` after `now` (epoch
 * milliseconds), so a holder that dies blocks the others no longer than that. A lease that ends more than twice `ttlMs`
 * after `now` was taken by a process whose clock ran ahead. Such a lease counts as free; otherwise the work would wait until its end.
 */
export async function tryLease(db: Db | Tx, { name, holder }: Lease, now: number, ttlMs: number): Promise<boolean> {
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

/** Frees the lease at once if its holder still has it. */
export async function releaseLease(db: Db | Tx, { name, holder }: Lease): Promise<void> {
  await db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute()
}
