import { operation } from '../../contract/operation.ts'
import { readCategory, writeLimit } from './provisioned-limit-wire.ts'
import type { ProvisionedLimits } from './provisioned-limits.ts'

type Deps = { provisionedLimits: ProvisionedLimits }

export const getProvisionedLimit = operation('GetProvisionedLimit', {
  auth: 'iam',

  async handle(request, { provisionedLimits }: Deps) {
    const category = readCategory(request.LimitDefinition)
    return { Limit: writeLimit(category, await provisionedLimits.get(category)) }
  },
})
