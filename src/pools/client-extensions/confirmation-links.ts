import { invalidParameter } from '../../contract/api-error.ts'
import type { AppClient } from '../app-client.ts'
import { clientExtensionsOf } from './client-extensions.ts'

/** The key in the ClientMetadata of SignUp and ResendConfirmationCode. */
const metadataKey = 'return_url'

/**
 * Where the link in a message leads at its end. Undefined where the app names no address, and for clients without the setting: they may use
 * the key in ClientMetadata for something else.
 *
 * @throws ApiError InvalidParameterException when the address is not among those of the client.
 */
export function readReturnUrl(client: AppClient, metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  const url = metadata?.[metadataKey]
  if (url === undefined || clientExtensionsOf(client).confirmationLinks === undefined) return undefined
  if (isReturnUrl(client, url)) return url
  throw invalidParameter(`ClientMetadata.${metadataKey} must be a callback URL, a logout URL or one of ConfirmationLinks.ReturnUrls.`)
}

/** Whether links of the client may lead there. */
export function isReturnUrl(client: AppClient, url: string): boolean {
  const links = clientExtensionsOf(client).confirmationLinks
  if (links === undefined) return false
  return [links.returnUrls, client.callbackUrls, client.logoutUrls].some((allowed) => allowed?.includes(url))
}
