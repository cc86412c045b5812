import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { LimitDefinitionType, LimitType } from '../../contract/generated/types.ts'
import type { RequestLimit } from './provisioned-limits.ts'
import { isRequestCategory, type RequestCategory } from './request-categories.ts'

/**
 * The category that a definition names.
 * @throws ApiError InvalidParameterException when the definition has no category, or other attributes in addition to the category
 * @throws ApiError ResourceNotFoundException when the category is unknown
 */
export function readCategory({ Attributes: attributes }: LimitDefinitionType): RequestCategory {
  const { Category: category, ...others } = attributes
  if (category === undefined) throw invalidParameter('The attribute Category is required.')
  if (Object.keys(others).length > 0) throw invalidParameter('Category is the only attribute of an API_CATEGORY limit.')
  if (isRequestCategory(category)) return category
  throw new ApiError('ResourceNotFoundException', `There is no category ${category.slice(0, 100)}.`)
}

export function writeLimit(category: RequestCategory, { provisioned, free }: RequestLimit): LimitType {
  return {
    LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Category: category } },
    ProvisionedLimitValue: provisioned,
    FreeLimitValue: free,
  }
}
