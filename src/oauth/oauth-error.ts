/**
 * The error codes of the endpoints. RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8628 §3.5,
 * RFC 8707 §2, OpenID Connect Core §3.1.2.6, RFC 9449 §12.2, OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
 */
export type OAuthErrorCode =
  | 'access_denied'
  | 'authorization_pending'
  | 'expired_token'
  | 'insufficient_scope'
  | 'invalid_client'
  | 'invalid_client_metadata'
  | 'invalid_dpop_proof'
  | 'invalid_grant'
  | 'invalid_redirect_uri'
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_software_statement'
  | 'invalid_target'
  | 'invalid_token'
  | 'login_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'server_error'
  | 'slow_down'
  | 'temporarily_unavailable'
  | 'unauthorized_client'
  | 'unmet_authentication_requirements'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'unsupported_token_type'
  | 'use_dpop_nonce'

type Options = {
  readonly description?: string | undefined
  readonly status?: number
  readonly challenge?: string | undefined
  readonly cause?: unknown
}

/** An error that an OAuth endpoint answers. Code and description go over the wire; `cause` stays in the server. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: OAuthErrorCode
  readonly description: string | undefined
  /** The HTTP status, where the error is not answered by a redirect. */
  readonly status: number
  /** The challenge that the header WWW-Authenticate carries, if the answer has one (RFC 9110 §11.6.1). */
  readonly challenge: string | undefined

  constructor(error: OAuthErrorCode, { description, status = 400, challenge, cause }: Options = {}) {
    super(description ?? error, { cause })
    this.error = error
    this.description = description
    this.status = status
    this.challenge = challenge
  }
}
