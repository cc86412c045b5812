import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { readCategory, writeLimit } from './provisioned-limit-wire.ts'
import type { ProvisionedLimits } from './provisioned-limits.ts'

type Deps = { provisionedLimits: ProvisionedLimits }

/** What stands in the place of the account's maximum, which somebody at AWS approves. */
const mostTimesFree = 100

export const updateProvisionedLimit = operation('UpdateProvisionedLimit', {
  auth: 'iam',

  async handle(request, { provisionedLimits }: Deps) {
    const category = readCategory(request.LimitDefinition)
    const wanted = request.RequestedLimitValue
    const { free } = await provisionedLimits.get(category)
    if (wanted < free) throw invalidParameter(`RequestedLimitValue cannot be below the free limit, which is ${free}.`)
    if (wanted > free * mostTimesFree) {
      throw new ApiError(
        'ServiceQuotaExceededException',
        `The limit of ${category} can be at most ${free * mostTimesFree} requests a second.`,
      )
    }
    await provisionedLimits.set(category, wanted)
    return { Limit: writeLimit(category, { provisioned: wanted, free }) }
  },
})
