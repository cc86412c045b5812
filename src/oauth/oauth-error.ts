/** The error codes of the endpoints. RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, OpenID Connect Core §3.1.2.6, RFC 9449 §12.2. */
export type OAuthErrorCode =
  | 'access_denied'
  | 'insufficient_scope'
  | 'invalid_client'
  | 'invalid_dpop_proof'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_token'
  | 'login_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'

type Options = { readonly description?: string | undefined; readonly status?: number; readonly cause?: unknown }

/** An error that an OAuth endpoint answers. Code and description go over the wire; `cause` stays in the server. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: OAuthErrorCode
  readonly description: string | undefined
  /** The HTTP status, where the error is not answered by a redirect. */
  readonly status: number

  constructor(error: OAuthErrorCode, { description, status = 400, cause }: Options = {}) {
    super(description ?? error, { cause })
    this.error = error
    this.description = description
    this.status = status
  }
}
