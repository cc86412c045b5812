import { getProvisionedLimit } from './get-provisioned-limit.operation.ts'
import { updateProvisionedLimit } from './update-provisioned-limit.operation.ts'

export const provisionedLimitOperations = [getProvisionedLimit, updateProvisionedLimit] as const
