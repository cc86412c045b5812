import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import { writeMfaConfig } from './mfa-config-wire.ts'

export const getUserPoolMfaConfig = operation('GetUserPoolMfaConfig', {
  auth: 'iam',

  /** Reads the database, not the pool catalog, so that a change through another process is shown at once. */
  async handle(request, { db }: { db: Db }) {
    const pool = await findPool(db, request.UserPoolId)
    if (pool === undefined) throw poolNotFound(request.UserPoolId)
    return writeMfaConfig(pool)
  },
})
