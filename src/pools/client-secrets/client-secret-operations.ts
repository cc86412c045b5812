import { addUserPoolClientSecret } from './add-user-pool-client-secret.operation.ts'
import { deleteUserPoolClientSecret } from './delete-user-pool-client-secret.operation.ts'
import { listUserPoolClientSecrets } from './list-user-pool-client-secrets.operation.ts'

export const clientSecretOperations = [addUserPoolClientSecret, listUserPoolClientSecrets, deleteUserPoolClientSecret] as const
