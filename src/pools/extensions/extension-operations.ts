import { getUserPoolExtensions } from './get-user-pool-extensions.operation.ts'
import { setUserPoolExtensions } from './set-user-pool-extensions.operation.ts'

export const extensionOperations = [getUserPoolExtensions, setUserPoolExtensions] as const
