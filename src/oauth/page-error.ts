/** Why a request cannot be answered by a redirect to the app. The error page has a text for each. */
export type PageErrorCode =
  | 'invalid_request'
  | 'login_pages_unavailable'
  | 'missing_client_id'
  | 'page_not_offered'
  | 'redirect_mismatch'
  | 'unauthorized_client'

/** A request whose client or redirect URI cannot be used. The browser must stay here: a redirect could lead anywhere (RFC 6749 §4.1.2.1). */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly code: PageErrorCode
  readonly clientId: string | undefined

  constructor(code: PageErrorCode, clientId?: string) {
    super(code)
    this.code = code
    this.clientId = clientId
  }
}

/** The address of the error page, as Cognito redirects to it. */
export function errorPageLocation({ code, clientId }: PageError): string {
  return `/error?${new URLSearchParams({ error: code, ...(clientId !== undefined && { client_id: clientId }) })}`
}
