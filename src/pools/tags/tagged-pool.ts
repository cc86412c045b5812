import { poolIdFromArn } from '../../access/authorize.ts'
import { invalidParameter } from '../invalid-parameter.ts'

/** The pool that the ARN names; pools are all that can be tagged here. Throws InvalidParameterException for any other text. */
export function requirePoolArn(arn: string): string {
  const poolId = poolIdFromArn('user-pools', arn)
  if (poolId === undefined) throw invalidParameter('ResourceArn is not the ARN of a user pool.')
  return poolId
}
