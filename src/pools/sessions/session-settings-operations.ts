import { getUserPoolClientSessionConfiguration } from './get-user-pool-client-session-configuration.operation.ts'
import { getUserPoolSessionConfiguration } from './get-user-pool-session-configuration.operation.ts'
import { setUserPoolClientSessionConfiguration } from './set-user-pool-client-session-configuration.operation.ts'
import { setUserPoolSessionConfiguration } from './set-user-pool-session-configuration.operation.ts'

export const sessionSettingsOperations = [
  getUserPoolClientSessionConfiguration,
  getUserPoolSessionConfiguration,
  setUserPoolClientSessionConfiguration,
  setUserPoolSessionConfiguration,
] as const
