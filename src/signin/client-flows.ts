import { ApiError } from '../contract/api-error.ts'
import type { AppClient, AuthFlowPermission } from '../pools/app-client.ts'

export type Flow = 'password' | 'srp' | 'admin-password' | 'refresh' | 'custom' | 'choice'

const permissions: Readonly<Record<Flow, readonly AuthFlowPermission[]>> = {
  password: ['ALLOW_USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH'],
  srp: ['ALLOW_USER_SRP_AUTH'],
  'admin-password': ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'],
  refresh: ['ALLOW_REFRESH_TOKEN_AUTH'],
  custom: ['ALLOW_CUSTOM_AUTH', 'CUSTOM_AUTH_FLOW_ONLY'],
  choice: ['ALLOW_USER_AUTH'],
}

const defaultPermissions: readonly AuthFlowPermission[] = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH']

/** @throws ApiError InvalidParameterException with `message` when the client's ExplicitAuthFlows do not allow the flow. */
export function requireFlow(client: AppClient, flow: Flow, message: string): void {
  if (!allowsFlow(client, flow)) throw new ApiError('InvalidParameterException', message)
}

/**
 * Whether the client's ExplicitAuthFlows allow the flow. A client that has only old values (without ALLOW_) may refresh tokens and use SRP
 * as well. But with the old value CUSTOM_AUTH_FLOW_ONLY it may not use SRP.
 */
export function allowsFlow(client: AppClient, flow: Flow): boolean {
  const granted = client.authFlows === undefined || client.authFlows.length === 0 ? defaultPermissions : client.authFlows
  if (permissions[flow].some((permission) => granted.includes(permission))) return true
  const onlyOldValues = granted.every((permission) => !permission.startsWith('ALLOW_'))
  if (!onlyOldValues) return false
  return flow === 'refresh' || (flow === 'srp' && !granted.includes('CUSTOM_AUTH_FLOW_ONLY'))
}
