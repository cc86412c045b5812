import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { readCategory, writeLimit } from './provisioned-limit-wire.ts'
import type { ProvisionedLimits } from './provisioned-limits.ts'

type Deps = { provisionedLimits: ProvisionedLimits }

/** The highest limit, as a multiple of the free limit. At AWS, each account has a maximum, which AWS has to approve. */
const maxTimesFree = 100

export const updateProvisionedLimit = operation('UpdateProvisionedLimit', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { provisionedLimits }: Deps, { audit }: AuditedCaller) {
    const category = readCategory(request.LimitDefinition)
    const requested = request.RequestedLimitValue
    const { provisioned, free } = await provisionedLimits.get(category)
    if (requested < free) throw invalidParameter(`RequestedLimitValue cannot be below the free limit, which is ${free}.`)
    if (requested > free * maxTimesFree) {
      throw new ApiError(
        'ServiceQuotaExceededException',
        `The limit of ${category} can be at most ${free * maxTimesFree} requests a second.`,
      )
    }
    const before = writeLimit(category, { provisioned, free })
    const after = writeLimit(category, { provisioned: requested, free })
    await provisionedLimits.set(category, requested, (tx) =>
      audit.record(tx, { subject: category, changedMembers: changedMembers(before, after) }),
    )
    return { Limit: after }
  },
})
