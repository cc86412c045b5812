import { isIP } from 'node:net'
import type { ContextDataType, UserContextDataType } from '../contract/generated/types.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import { usesThreatProtection } from '../pools/tier-rules.ts'
import { type DeviceData, type EncodedDataOrigin, readEncodedData } from './encoded-data.ts'

/**
 * What is known of the user's own browser or app. `userAgent` is what the device says in EncodedData, if it says anything: the User-Agent
 * of the request may be that of an app's server.
 */
export type UserContext = RequestContext & {
  /** What the device says about itself. Undefined without a valid EncodedData, and in pools without threat protection. */
  readonly device?: DeviceData | undefined
  /** Whether `ip` is that of a server of the pool's owner, which signs in all users. */
  readonly isServersIp?: boolean | undefined
}

/**
 * The IP address and device of the user that an administrator's request is about. The request comes from a server of the pool's owner, so
 * its ContextData is trusted. What ContextData leaves out is unknown: the server's IP address and User-Agent are not the user's. A request
 * without any ContextData counts with its own IP address and User-Agent.
 */
export function contextFromServer(
  context: RequestContext,
  origin: EncodedDataOrigin,
  contextData: ContextDataType | undefined,
): UserContext {
  if (contextData === undefined) return { ...context, isServersIp: true }
  const userAgent = contextData.HttpHeaders?.find(({ headerName }) => headerName?.toLowerCase() === 'user-agent')
  const from = { ...context, ip: addressIn(contextData.IpAddress), userAgent: userAgent?.headerValue }
  return withDevice(from, origin, contextData.EncodedData)
}

/**
 * The IP address and device of the user that an app client's request is about. The IpAddress of UserContextData counts only if the client
 * has a secret and EnablePropagateAdditionalUserContextData. Otherwise the request's own IP address counts. A client with a secret runs on a
 * server, so that address is the server's.
 */
export function contextFromClient(
  context: RequestContext,
  origin: EncodedDataOrigin,
  contextData: UserContextDataType | undefined,
): UserContext {
  const isTrusted = maySendAddress(origin.client) && contextData?.IpAddress !== undefined
  const from = isTrusted ? { ...context, ip: addressIn(contextData.IpAddress) } : context
  const isServersIp = !isTrusted && origin.client.secrets.length > 0
  return { ...withDevice(from, origin, contextData?.EncodedData), isServersIp }
}

const maySendAddress = ({ propagateUserContext, secrets }: AppClient): boolean => propagateUserContext && secrets.length > 0

/** The context with what the device says about itself. */
function withDevice(from: RequestContext, origin: EncodedDataOrigin, encoded: string | undefined): UserContext {
  const isRead = encoded !== undefined && usesThreatProtection(origin.pool.addOns)
  const device = isRead ? readEncodedData(encoded, origin) : undefined
  return { ...from, userAgent: device?.userAgent ?? from.userAgent, device }
}

const addressIn = (text: string | undefined): string | undefined => (text !== undefined && isIP(text) !== 0 ? text : undefined)
