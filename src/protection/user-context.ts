import { isIP } from 'node:net'
import type { ContextDataType, UserContextDataType } from '../contract/generated/types.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'

/**
 * The IP address and User-Agent of the user that an administrator's request is about. The request comes from a server of the pool's
 * owner, so its ContextData is trusted. What ContextData leaves out is unknown: the server's IP address and User-Agent are not the user's.
 * A request without any ContextData counts with its own IP address and User-Agent.
 */
export function contextFromServer(context: RequestContext, contextData: ContextDataType | undefined): RequestContext {
  if (contextData === undefined) return context
  const userAgent = contextData.HttpHeaders?.find(({ headerName }) => headerName?.toLowerCase() === 'user-agent')
  return { ip: addressIn(contextData.IpAddress), userAgent: userAgent?.headerValue }
}

/**
 * The IP address and User-Agent of the user that an app client's request is about. UserContextData counts only if the client has a secret
 * and EnablePropagateAdditionalUserContextData. Otherwise the request's own IP address counts. The User-Agent is always that of the
 * request.
 */
export function contextFromClient(
  context: RequestContext,
  client: AppClient,
  contextData: UserContextDataType | undefined,
): RequestContext {
  const isTrusted = client.propagateUserContext && client.secrets.length > 0
  return isTrusted && contextData?.IpAddress !== undefined ? { ...context, ip: addressIn(contextData.IpAddress) } : context
}

const addressIn = (text: string | undefined): string | undefined => (text !== undefined && isIP(text) !== 0 ? text : undefined)
