/** What a message is for. */
export type MessageKind = 'sign-up' | 'resend' | 'forgot-password' | 'verify-attribute' | 'update-attribute' | 'invitation' | 'mfa'

export type Channel = 'email' | 'sms'

type Envelope = {
  readonly poolId: string
  readonly sub: string
  /** The user's name, for the dev inbox. */
  readonly username: string
  readonly trigger: MessageKind
  /** An e-mail address or a phone number, whole. */
  readonly recipient: string
  /** The code or temporary password inside it, for the dev inbox. */
  readonly code: string | undefined
  /** Epoch milliseconds after which it is of no use to anybody and is no longer tried. */
  readonly expiresAt: number
}

export type EmailMessage = Envelope & {
  readonly channel: 'email'
  readonly subject: string
  readonly html: string
  /** The same in plain text, for mail programs that show no HTML. */
  readonly text: string
  /** What the pool set; undefined is the server's own sender. */
  readonly from: string | undefined
  readonly replyTo: string | undefined
  /** ARN of the identity at SES on whose authority it is sent, and the set of rules there; for SES only. */
  readonly sourceArn: string | undefined
  readonly configurationSet: string | undefined
}

export type SmsMessage = Envelope & { readonly channel: 'sms'; readonly text: string }

/** A message that the pool's own code words and sends: what that is told, but for the code, which is encrypted when it is told. */
export type CustomSenderMessage = Envelope & {
  readonly channel: `custom-${Channel}`
  readonly clientId: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>> | undefined
  readonly userAgent: string | undefined
  readonly userAttributes: Readonly<Record<string, string>>
}

/** A message as it waits in the outbox. */
export type QueuedMessage = Message | CustomSenderMessage

/** The way a message takes out of the house. Functions of pools have ways of their own: a slow one holds up no mail. */
export type Lane = QueuedMessage['channel']

/** A message as it will be sent: rendered, addressed, complete. */
export type Message = EmailMessage | SmsMessage
