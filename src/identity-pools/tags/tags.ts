import { identityPoolArn, poolIdFromArn } from '../../access/authorize.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { identityPoolNotFound } from '../identity-pool-rules.ts'

/**
 * The id of the identity pool that the ARN names.
 * @throws ApiError InvalidParameterException when the text is not the ARN of an identity pool
 * @throws ApiError ResourceNotFoundException when the ARN is not that of the pool with this id, but has another region or account
 */
export function requireIdentityPoolArn(arn: string, accountId: string): string {
  const poolId = poolIdFromArn('identity-pools', arn)
  if (poolId === undefined) throw invalidParameter('ResourceArn is not the ARN of an identity pool.')
  if (arn !== identityPoolArn(poolId, accountId)) throw identityPoolNotFound(poolId)
  return poolId
}

export function writeTags({ tags }: Pick<IdentityPool, 'tags'>): { Tags: Record<string, string> } {
  return { Tags: { ...tags } }
}
