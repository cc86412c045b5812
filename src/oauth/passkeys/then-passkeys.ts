import type { BrowserRequest } from '../browser-request.ts'
import { receiveParameters } from '../parameters.ts'

/** The value of the parameter `then` with which the sign-in page leads to the passkey page. */
export const thenPasskeys = 'passkeys'

/**
 * Whether the sign-in leads to the passkey page. Our own pages add the parameter to the address. So it is there even when the app has pushed
 * its request.
 */
export const leadsToPasskeys = ({ query }: Pick<BrowserRequest, 'query'>): boolean =>
  receiveParameters(query).parameters.get('then') === thenPasskeys
