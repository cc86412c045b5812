import { checkOutboundUrl, OutboundError } from '../../base/outbound-http.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { isLoopbackHost } from '../../loopback.ts'

/** Whether key sets of clients may be on this machine, over HTTP as well. True in `lifeguard dev` only. */
export type JwksUriRule = { readonly allowsLoopback: boolean }

/** Whether the URI names this machine, and the rule allows that. */
export const isAllowedLoopback = ({ allowsLoopback }: JwksUriRule, uri: string): boolean =>
  allowsLoopback && isLoopbackHost(URL.parse(uri)?.hostname ?? '')

/** @throws ApiError InvalidParameterException when the server would not fetch a key set from `uri` */
export function requireJwksUri(rule: JwksUriRule, uri: string, where: string): void {
  const isLoopback = isAllowedLoopback(rule, uri)
  if (!isLoopback && !/^https:/i.test(uri)) throw invalidParameter(`${where} must be an https: URL.`)
  try {
    checkOutboundUrl(uri, { allowPrivate: isLoopback })
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    throw invalidParameter(`${where} cannot be used: it is ${error.message}.`)
  }
}
