import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import { sessionTrackingOf, writeSessionTracking } from './session-settings.ts'

export const getUserPoolSessionConfiguration = operation('GetUserPoolSessionConfiguration', {
  auth: 'iam',

  async handle(request, { db }: { db: Db }) {
    const pool = await findPool(db, request.UserPoolId)
    if (pool === undefined) throw poolNotFound(request.UserPoolId)
    return writeSessionTracking(pool.id, sessionTrackingOf(pool))
  },
})
