import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { writeClientExtensions } from './client-extensions-wire.ts'

/** Lifeguard's own operation: returns all sections of an app client's extensions, with default values where nothing was set. */
export const getUserPoolClientExtensions = operation('GetUserPoolClientExtensions', {
  auth: 'iam',

  async handle(request, { pools }: { pools: PoolCatalog }) {
    const { client } = await pools.getClientOfPool(request.UserPoolId, request.ClientId)
    return writeClientExtensions(client)
  },
})
