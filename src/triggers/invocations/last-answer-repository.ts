import type { Db, Tx } from '../../storage/db.ts'

type AnswerKey = { readonly poolId: string; readonly sub: string; readonly clientId: string; readonly trigger: string }
export type LastAnswer = AnswerKey & { readonly response: string; readonly answeredAt: number }

/**
 * Replaces the last good responses of functions, for users who exist and are not being deleted. Writes them in the order of their keys, so
 * that two transactions never wait for each other.
 */
export async function saveLastAnswers(tx: Tx, answers: readonly LastAnswer[]): Promise<void> {
  const sortKey = ({ poolId, sub, clientId, trigger }: AnswerKey) => `${poolId} ${sub} ${clientId} ${trigger}`
  for (const { poolId, sub, clientId, trigger, response, answeredAt } of answers.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))) {
    const users = tx.selectFrom('user').select('sub').where('pool_id', '=', poolId).where('sub', '=', sub)
    const user = await users.forKeyShare().skipLocked().executeTakeFirst()
    if (user === undefined) continue
    await tx
      .insertInto('trigger_answer')
      .values({ pool_id: poolId, sub, client_id: clientId, trigger, response, answered_at: answeredAt })
      .onConflict((conflict) =>
        conflict.columns(['pool_id', 'sub', 'client_id', 'trigger']).doUpdateSet({ response, answered_at: answeredAt }),
      )
      .execute()
  }
}

export async function findLastAnswer(db: Db | Tx, { poolId, sub, clientId, trigger }: AnswerKey): Promise<string | undefined> {
  const row = await db
    .selectFrom('trigger_answer')
    .select('response')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('client_id', '=', clientId)
    .where('trigger', '=', trigger)
    .executeTakeFirst()
  return row?.response
}
