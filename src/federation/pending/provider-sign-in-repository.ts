import type { Secrets } from '../../base/secrets.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { ProviderSignIn, ProviderSignInDetails } from './provider-sign-in.ts'

type Key = Pick<ProviderSignIn, 'poolId' | 'id'>

export async function insertProviderSignIn(db: Db | Tx, secrets: Secrets, signIn: Omit<ProviderSignIn<unknown>, 'answer'>): Promise<void> {
  const { poolId, id, clientId, details, expiresAt } = signIn
  const sealed = secrets.seal('provider-sign-in', JSON.stringify(details), contextOf(signIn))
  await db
    .insertInto('provider_sign_in')
    .values({ pool_id: poolId, id, client_id: clientId, details: sealed, answer: null, expires_at: expiresAt })
    .execute()
}

/** The caller has made the id so that the details are of its kind. */
export async function findProviderSignIn<Details = ProviderSignInDetails>(
  db: Db | Tx,
  secrets: Secrets,
  key: Key,
): Promise<ProviderSignIn<Details> | undefined> {
  const { poolId, id } = key
  const row = await db.selectFrom('provider_sign_in').selectAll().where('pool_id', '=', poolId).where('id', '=', id).executeTakeFirst()
  const details = row && secrets.open('provider-sign-in', row.details, contextOf(key))
  if (row === undefined || details === undefined) return undefined
  const answer = row.answer === null ? undefined : secrets.open('provider-sign-in', row.answer, contextOf(key))
  return {
    poolId,
    id,
    clientId: row.client_id,
    details: JSON.parse(details.toString()) as Details,
    answer: answer?.toString() ?? null,
    expiresAt: row.expires_at,
  }
}

/** Keeps the first answer that comes as a form. A later one changes nothing. */
export async function keepAnswer(db: Db | Tx, secrets: Secrets, key: Key, answer: string): Promise<void> {
  await db
    .updateTable('provider_sign_in')
    .set({ answer: secrets.seal('provider-sign-in', answer, contextOf(key)) })
    .where('pool_id', '=', key.poolId)
    .where('id', '=', key.id)
    .where('answer', 'is', null)
    .execute()
}

/** Uses the sign-in up. False when it was used up before. */
export async function deleteProviderSignIn(db: Db | Tx, { poolId, id }: Key): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('provider_sign_in')
    .where('pool_id', '=', poolId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Deletes up to `limit` sign-ins that expired before the time `before`. Returns how many it found. */
export function sweepProviderSignIns(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'provider_sign_in', key: ['pool_id', 'id'] }, before, limit)
}

const contextOf = ({ poolId, id }: Key): string => JSON.stringify([poolId, id])

export const sealedProviderSignIns = sealedTable('provider_sign_in', {
  key: ['pool_id', 'id'],
  columns: {
    details: (secrets, sealed, { pool_id: poolId, id }) => secrets.reseal('provider-sign-in', sealed, contextOf({ poolId, id })),
    answer: (secrets, sealed, { pool_id: poolId, id }) => secrets.reseal('provider-sign-in', sealed, contextOf({ poolId, id })),
  },
})
