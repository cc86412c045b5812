import { addCustomAttributes } from './add-custom-attributes.operation.ts'
import { createUserPool } from './create-user-pool.operation.ts'
import { createUserPoolClient } from './create-user-pool-client.operation.ts'
import { deleteUserPool } from './delete-user-pool.operation.ts'
import { deleteUserPoolClient } from './delete-user-pool-client.operation.ts'
import { describeUserPool } from './describe-user-pool.operation.ts'
import { describeUserPoolClient } from './describe-user-pool-client.operation.ts'
import { listUserPoolClients } from './list-user-pool-clients.operation.ts'
import { listUserPools } from './list-user-pools.operation.ts'
import { updateUserPool } from './update-user-pool.operation.ts'
import { updateUserPoolClient } from './update-user-pool-client.operation.ts'

/** The operations of this room. */
export const poolOperations = [
  createUserPool,
  describeUserPool,
  updateUserPool,
  deleteUserPool,
  listUserPools,
  addCustomAttributes,
  createUserPoolClient,
  describeUserPoolClient,
  updateUserPoolClient,
  deleteUserPoolClient,
  listUserPoolClients,
] as const
