import { createUserPoolDomain } from './create-user-pool-domain.operation.ts'
import { deleteUserPoolDomain } from './delete-user-pool-domain.operation.ts'
import { describeUserPoolDomain } from './describe-user-pool-domain.operation.ts'
import { updateUserPoolDomain } from './update-user-pool-domain.operation.ts'

export const poolDomainOperations = [createUserPoolDomain, describeUserPoolDomain, updateUserPoolDomain, deleteUserPoolDomain] as const
