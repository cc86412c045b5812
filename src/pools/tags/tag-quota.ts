import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { type Quotas, quotaExceeded } from '../quotas.ts'

/** Throws when the pool has more tags than it may; TagResource has InvalidParameterException for that, other operations their own code. */
export function requireTagsWithinQuota(
  quotas: Quotas,
  { tags }: Pick<Pool, 'tags'>,
  code: 'UserPoolTaggingException' | 'InvalidParameterException',
): void {
  if (Object.keys(tags).length > quotas.tagsPerPool) throw new ApiError(code, quotaExceeded(quotas, 'tagsPerPool'))
}
