import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import type { AuthFlowType } from '../contract/generated/types.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import type { Proof, StepResult } from './sign-in.ts'

/** The flow that begins, or the challenge that is answered, or the recovery code in place of its answer. */
type Step = AuthFlowType | Proof

/** Counts one call of a sign-in, with its result: a challenge, tokens, or the code of the error. */
export type CountSignInStep = (step: Step, outcome: StepResult['kind'] | ErrorCode) => void

export async function countingStep<Result extends Pick<StepResult, 'kind'>>(
  count: CountSignInStep,
  step: Step,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work()
    count(step, result.kind)
    return result
  } catch (error) {
    count(step, codeOf(error))
    throw error
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof ApiError) return error.code
  return error instanceof DatabaseUnavailableError ? 'ServiceUnavailable' : 'InternalErrorException'
}
