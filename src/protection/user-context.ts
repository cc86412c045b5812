import { isIP } from 'node:net'
import type { ContextDataType, UserContextDataType } from '../contract/generated/types.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'

/**
 * Where the user of an administrator's request is. The request itself comes from a server of the pool's owner, who is believed; what
 * the server does not tell is unknown, for its own address and user agent are not the user's.
 */
export function contextFromServer(context: RequestContext, told: ContextDataType | undefined): RequestContext {
  if (told === undefined) return context
  const userAgent = told.HttpHeaders?.find(({ headerName }) => headerName?.toLowerCase() === 'user-agent')
  return { ip: addressIn(told.IpAddress), userAgent: userAgent?.headerValue }
}

/** The same for a request of an app client: its word counts if the client was set up so, which only one with a secret can be. */
export function contextFromClient(context: RequestContext, client: AppClient, told: UserContextDataType | undefined): RequestContext {
  const isBelieved = client.propagateUserContext && client.secrets.length > 0
  return isBelieved && told?.IpAddress !== undefined ? { ...context, ip: addressIn(told.IpAddress) } : context
}

const addressIn = (text: string | undefined): string | undefined => (text !== undefined && isIP(text) !== 0 ? text : undefined)
