import { authorizeRequest } from './requests/authorize-request.operation.ts'
import { deleteRole } from './roles/delete-role.operation.ts'
import { getRole } from './roles/get-role.operation.ts'
import { listRoles } from './roles/list-roles.operation.ts'
import { putRole } from './roles/put-role.operation.ts'

export const authorizationOperations = [authorizeRequest, putRole, getRole, listRoles, deleteRole] as const
