import { ApiError } from '../../../contract/api-error.ts'
import { extensionsOf } from '../../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'

type Place = { readonly pool: Pool; readonly sub: string; readonly now: number }

/**
 * Whether `judge`, the pool's function, finds an answer right. By itself nothing limits the answers to custom challenges, as at Cognito. A
 * pool can have wrong ones count, and lock, as wrong codes do: with an error by which its function refuses, too. A right one takes nothing
 * off the count, since it may be to an easy question; the end of the sign-in does (see `clearAnswers`).
 */
export async function judgeAnswer(codeLockout: Lockout, { pool, sub, now }: Place, judge: () => Promise<boolean>): Promise<boolean> {
  if (!isLimited(pool)) return judge()
  let refusal: ApiError | undefined
  const { proven } = await codeLockout.guard(pool.id, sub, now, async () => {
    try {
      return (await judge()) ? { proven: true, value: undefined, isPartial: true } : { proven: false }
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'UserLambdaValidationException') throw error
      refusal = error
      return { proven: false }
    }
  })
  if (refusal !== undefined) throw refusal
  return proven
}

/** Call it when the pool's functions have signed the user in. */
export async function clearAnswers(codeLockout: Lockout, { pool, sub }: Omit<Place, 'now'>): Promise<void> {
  if (isLimited(pool)) await codeLockout.clear(pool.id, sub)
}

const isLimited = (pool: Pool): boolean => extensionsOf(pool).customAuth.wrongAnswers === 'LOCK_OUT'
