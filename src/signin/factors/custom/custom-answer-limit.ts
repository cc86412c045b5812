import { ApiError } from '../../../contract/api-error.ts'
import { extensionsOf } from '../../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'

/**
 * Runs `verify`, which asks the trigger function whether an answer is right. Cognito does not limit answers to custom challenges, and by
 * default Lifeguard does not either. But a pool can choose that wrong answers count like wrong codes (the extension `wrongAnswers`). Then
 * the user is locked after too many of them, and an error with which the function refuses counts as a wrong answer, too. A right answer
 * does not clear the count, because its challenge may have been easy. Only a successful sign-in clears it (see `clearAnswerLimit`).
 */
export async function limitAnswers(
  codeLockout: Lockout,
  { pool, sub, now }: { readonly pool: Pool; readonly sub: string; readonly now: number },
  verify: () => Promise<boolean>,
): Promise<boolean> {
  if (!isLimited(pool)) return verify()
  let refusal: ApiError | undefined
  const { proven } = await codeLockout.guard(pool.id, sub, now, async () => {
    try {
      return (await verify()) ? { proven: true, value: undefined, isPartial: true } : { proven: false }
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'UserLambdaValidationException') throw error
      refusal = error
      return { proven: false }
    }
  })
  if (refusal !== undefined) throw refusal
  return proven
}

/**
 * Clears the user's count of wrong answers, in a pool that counts wrong answers to custom challenges. Call it when a sign-in of
 * `CUSTOM_AUTH` has succeeded.
 */
export async function clearAnswerLimit(codeLockout: Lockout, pool: Pool, sub: string): Promise<void> {
  if (isLimited(pool)) await codeLockout.clear(pool.id, sub)
}

const isLimited = (pool: Pool): boolean => extensionsOf(pool).customAuth.wrongAnswers === 'LOCK_OUT'
