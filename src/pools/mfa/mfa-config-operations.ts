import { getUserPoolMfaConfig } from './get-user-pool-mfa-config.operation.ts'
import { setUserPoolMfaConfig } from './set-user-pool-mfa-config.operation.ts'

/** Which second factors a pool asks for. */
export const mfaConfigOperations = [getUserPoolMfaConfig, setUserPoolMfaConfig] as const
