/** The occasion of a message. The notices tell a user what happened, and carry no code. */
export type MessageKind =
  | 'sign-up'
  | 'resend'
  | 'forgot-password'
  | 'verify-attribute'
  | 'update-attribute'
  | 'invitation'
  | 'mfa'
  | 'sign-in-link'
  | 'account-exists'
  | 'risk-notice'
  | 'account-notice'

export type Channel = 'email' | 'sms'

type Envelope = {
  readonly poolId: string
  readonly sub: string
  /** For the dev inbox, the message record, custom senders and the gateway for SMS over HTTP. */
  readonly username: string
  readonly trigger: MessageKind
  /** An e-mail address or a phone number, not masked. */
  readonly recipient: string
  /** The code or temporary password in the message, for custom senders and the dev inbox. For custom senders also a link that signs in. */
  readonly code: string | undefined
  /** The time from which on the message is useless, so that no further delivery is attempted, in epoch milliseconds. */
  readonly expiresAt: number
}

export type EmailMessage = Envelope & {
  readonly channel: 'email'
  readonly subject: string
  readonly html: string
  /** The content of `html` as plain text, for mail programs that do not show HTML. */
  readonly text: string
  /** The sender that the pool has set. Undefined when the server's default sender is used. */
  readonly from: string | undefined
  readonly replyTo: string | undefined
  /** For SES only: the ARN of the identity whose permission is used to send, and the name of the configuration set. */
  readonly sourceArn: string | undefined
  readonly configurationSet: string | undefined
}

export type SmsMessage = Envelope & { readonly channel: 'sms'; readonly text: string }

/** A message that a custom sender writes and sends. The code is encrypted later, when the function is invoked. */
export type CustomSenderMessage = Envelope & {
  readonly channel: `custom-${Channel}`
  readonly clientId: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>> | undefined
  readonly userAgent: string | undefined
  readonly userAttributes: Readonly<Record<string, string>>
}

/** A message in the outbox. */
export type QueuedMessage = Message | CustomSenderMessage

/** The queue in which a message waits. Custom senders have lanes of their own, so that a slow function does not delay other messages. */
export type Lane = QueuedMessage['channel']

/** The channel by which a message of this lane reaches its recipient. */
export function channelOfLane(lane: Lane): Channel {
  return lane === 'email' || lane === 'custom-email' ? 'email' : 'sms'
}

/** A message that is complete: rendered and addressed. */
export type Message = EmailMessage | SmsMessage
