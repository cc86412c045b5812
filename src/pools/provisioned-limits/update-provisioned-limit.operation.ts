import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { readCategory, writeLimit } from './provisioned-limit-wire.ts'
import type { ProvisionedLimits } from './provisioned-limits.ts'

type Deps = { provisionedLimits: ProvisionedLimits }

/** The highest limit, as a multiple of the free limit. At AWS, each account has a maximum, which AWS has to approve. */
const maxTimesFree = 100

export const updateProvisionedLimit = operation('UpdateProvisionedLimit', {
  auth: 'iam',

  async handle(request, { provisionedLimits }: Deps) {
    const category = readCategory(request.LimitDefinition)
    const requested = request.RequestedLimitValue
    const { free } = await provisionedLimits.get(category)
    if (requested < free) throw invalidParameter(`RequestedLimitValue cannot be below the free limit, which is ${free}.`)
    if (requested > free * maxTimesFree) {
      throw new ApiError(
        'ServiceQuotaExceededException',
        `The limit of ${category} can be at most ${free * maxTimesFree} requests a second.`,
      )
    }
    await provisionedLimits.set(category, requested)
    return { Limit: writeLimit(category, { provisioned: requested, free }) }
  },
})
