import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { requireDeviceTracking } from './device.ts'
import { describeDevices } from './device-operations.ts'

export const listDevices = operation('ListDevices', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; secrets: Secrets }, { pool, user }: UserCaller) {
    requireDeviceTracking(pool)
    return describeDevices(deps, user, { limit: request.Limit, token: request.PaginationToken })
  },
})
