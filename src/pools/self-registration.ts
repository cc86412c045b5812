/** What is kept about an app client that registered itself (RFC 7591), besides its settings. */
export type SelfRegistration = {
  /** A hash of the registration access token (RFC 7592 §3). */
  readonly tokenHash: string
  /** The `client_name` that the client sent. The name of the app client lacks the characters that Cognito refuses. */
  readonly clientName: string | undefined
  /** How the client said that it would send its secret. The server accepts either way. */
  readonly secretMethod: 'client_secret_basic' | 'client_secret_post'
  /** Metadata for people and other programs, such as `contacts`. The server shows them to the client, and uses them for nothing. */
  readonly information: Readonly<Record<string, unknown>>
}
