import { sql } from 'kysely'
import type { Db } from '../../storage/db.ts'
import { prepareLookup } from '../../storage/prepared-query.ts'
import type { AuthEventDetails } from '../auth-event.ts'
import type { EarlierSignIn } from './signals.ts'

/** A sign-in, or the sign-up. */
type HistoryEntry = EarlierSignIn & { readonly isSignUp: boolean }

/** How many sign-ins of a user count. With more, `npm run bench:risk` finds no better figures, and an assessment costs more. */
export const longestHistory = 24

/**
 * Where the user has signed in from, the latest first: the latest successful sign-ins, and the sign-up. An event with the feedback Invalid
 * does not count, because another person caused it.
 */
export async function findHistory(db: Db, poolId: string, sub: string): Promise<readonly HistoryEntry[]> {
  const { rows } = await selectHistory(db, { poolId, sub })
  return rows.flatMap(({ type, created_at: at, details }) => {
    const { traits } = JSON.parse(details) as AuthEventDetails
    return traits === undefined ? [] : [{ traits, at, isSignUp: type === 'SignUp' }]
  })
}

const selectHistory = prepareLookup((db, key: { poolId: string; sub: string }) =>
  db
    .selectFrom('auth_event')
    .select(['type', 'created_at', 'details'])
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    // The condition of the index `auth_event_history`, word by word.
    .where(sql<boolean>`response = 'Pass' and type in ('SignIn', 'SignUp')`)
    // Left out before the limit. Otherwise many sign-ins of another person would crowd out those of the user, and nothing would be risky.
    .where(({ or, eb }) => or([eb('feedback', 'is', null), eb('feedback', 'not like', sql.lit('%"value":"Invalid"%'))]))
    .orderBy('id', 'desc')
    .limit(sql.lit(longestHistory)),
)
