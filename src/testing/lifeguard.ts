/** What a test may choose about its server. */
export type LifeguardOptions = {
  /** Where the server runs. `in-process` starts faster and needs Node 26 in the test. Default: `child-process`. */
  readonly run?: 'child-process' | 'in-process'
  /** The port. Default: a free one. */
  readonly port?: number
  /** The region in the ids of pools. Default: `us-east-1`. */
  readonly region?: string
  /** A folder with trigger functions, as `--functions` takes it. */
  readonly functions?: string
  /** A pool file, or a folder of them, as `--apply` takes it. */
  readonly apply?: string
  /** Further flags of `lifeguard dev`, such as `['--https', 'true']`. */
  readonly flags?: readonly string[]
}

/** A message that the server has sent to a user. Nothing leaves the machine: `dev` keeps messages in an inbox. */
export type Message = {
  readonly id: string
  readonly channel: 'email' | 'sms'
  readonly recipient: string
  readonly subject: string | null
  readonly text: string | null
  readonly html: string | null
  /** The code in the message. */
  readonly code: string | null
  readonly userPoolId: string
  readonly username: string
  /** Why the message was sent, such as `sign-up`, `resend` or `forgot-password`. */
  readonly trigger: string
  readonly createdAt: string
}

/** A running server with a database of its own, which is deleted when the server stops. */
export type Lifeguard = AsyncDisposable & {
  /** The endpoint, without a slash at its end. */
  readonly url: string
  readonly region: string
  /** The options of any client of the AWS SDK for JavaScript. */
  readonly clientConfig: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** The environment variables with which any AWS SDK and the AWS CLI use this server. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Calls an operation that no AWS SDK has, such as `SetUserPoolExtensions`.
   * @throws Error with the name and the message of the server's error
   */
  call(operation: string, request?: object): Promise<Record<string, unknown>>
  /** The messages that were sent, the newest first. `recipient` is an e-mail address or a phone number. */
  messages(recipient?: string): Promise<Message[]>
  /**
   * The code in the newest message with a code to the recipient.
   * @throws Error when no message with a code was sent to the recipient
   */
  code(recipient: string): Promise<string>
  /** The time on the server's clock. */
  now(): Promise<Date>
  /** Moves the server's clock forward, so that codes, tokens and locks end without waiting. */
  advanceClock(seconds: number): Promise<void>
  /** Deletes all data, and sets the clock back to the time of the machine. */
  reset(): Promise<void>
  stop(): Promise<void>
}
