import { createUserPoolReplica } from './create-user-pool-replica.operation.ts'
import { deleteUserPoolReplica } from './delete-user-pool-replica.operation.ts'
import { listUserPoolReplicas } from './list-user-pool-replicas.operation.ts'
import { updateUserPoolReplica } from './update-user-pool-replica.operation.ts'

export const replicaOperations = [createUserPoolReplica, updateUserPoolReplica, deleteUserPoolReplica, listUserPoolReplicas] as const
