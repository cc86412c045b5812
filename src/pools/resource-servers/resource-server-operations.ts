import { createResourceServer } from './create-resource-server.operation.ts'
import { deleteResourceServer } from './delete-resource-server.operation.ts'
import { describeResourceServer } from './describe-resource-server.operation.ts'
import { listResourceServers } from './list-resource-servers.operation.ts'
import { updateResourceServer } from './update-resource-server.operation.ts'

export const resourceServerOperations = [
  createResourceServer,
  describeResourceServer,
  updateResourceServer,
  deleteResourceServer,
  listResourceServers,
] as const
