import { ApiError } from '../../contract/api-error.ts'
import type { CodeDeliveryDetailsType } from '../../contract/generated/types.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Continue, LoginDeps, SignedIn } from '../login/login.ts'
import { type DoneStep, newPageStep, type SentCode } from '../login/page-step.ts'
import { endpointBaseOfHost } from '../request-host.ts'

export type AccountDeps = LoginDeps & { readonly publicUrl: string }

/** Where the answer of an operation says that a code went. */
export function sentTo(details: CodeDeliveryDetailsType | undefined): Pick<SentCode, 'destination' | 'attribute'> {
  if (details === undefined) return { destination: undefined }
  return { destination: details.Destination, attribute: details.AttributeName === 'email' ? 'email' : 'phone_number' }
}

type Done = Pick<DoneStep, 'username' | 'pending' | 'done'>

/** The sign-in page, which says what the user has done. */
export function done({ clock }: Pick<AccountDeps, 'clock'>, request: AuthorizationRequest, { username, pending, done }: Done): Continue {
  return { kind: 'continue', request, step: newPageStep(request.client.id, { kind: 'done', username, pending, done }, clock.now()) }
}

/** Signs in a new user. If that is refused, the user is confirmed nevertheless, and can try on the sign-in page. */
export async function thenSignIn(
  deps: AccountDeps,
  request: AuthorizationRequest,
  username: string,
  signIn: () => Promise<Continue | SignedIn>,
): Promise<Continue | SignedIn> {
  try {
    return await signIn()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return done(deps, request, { username, done: 'confirmed' })
  }
}

/** Links in messages lead to the host of the page, where the browser keeps its step. */
export function withLinksOf<D extends AccountDeps>(deps: D, { host }: BrowserRequest): D {
  return { ...deps, publicUrl: endpointBaseOfHost(deps.publicUrl, host) }
}
