import { poolIdFromArn } from '../../access/authorize.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { poolArn } from '../pool-wire.ts'
import { type Quotas, quotaExceeded } from '../quotas.ts'

/**
 * The id of the pool that the ARN names. Only pools can be tagged. An ARN of another region, account or partition does not name a pool of
 * this server, even if it ends with the id of one.
 * @throws ApiError InvalidParameterException when the text is not the ARN of a user pool
 * @throws ApiError ResourceNotFoundException when the ARN is not the one that DescribeUserPool shows for this id
 */
export function requirePoolArn(arn: string, accountId: string): string {
  const poolId = poolIdFromArn('user-pools', arn)
  if (poolId === undefined) throw invalidParameter('ResourceArn is not the ARN of a user pool.')
  if (arn !== poolArn(poolId, accountId)) throw poolNotFound(poolId)
  return poolId
}

export function writeTags({ tags }: Pick<Pool, 'tags'>): { Tags: Record<string, string> } {
  return { Tags: { ...tags } }
}

/**
 * `code` is the operation's error code for too many tags.
 * @throws ApiError UserPoolTaggingException or InvalidParameterException when the pool has more tags than the quota allows
 */
export function requireTagsWithinQuota(
  quotas: Quotas,
  { tags }: Pick<Pool, 'tags'>,
  code: 'UserPoolTaggingException' | 'InvalidParameterException',
): void {
  if (Object.keys(tags).length > quotas.tagsPerPool) throw new ApiError(code, quotaExceeded(quotas, 'tagsPerPool'))
}
