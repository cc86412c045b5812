import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { poolNotFound } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import { writeMfaConfig } from './mfa-config-wire.ts'

export const getUserPoolMfaConfig = operation('GetUserPoolMfaConfig', {
  auth: 'iam',

  /** From the database, not the catalog: who has just set it in another process wants to see it. */
  async handle(request, { db }: { db: Db }) {
    const pool = await findPool(db, request.UserPoolId)
    if (pool === undefined) throw poolNotFound(request.UserPoolId)
    return writeMfaConfig(pool)
  },
})
