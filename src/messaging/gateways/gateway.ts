import type { EmailMessage, Message, QueuedMessage, SmsMessage } from '../message.ts'

/** A message with the id that it keeps in all attempts to deliver it. */
export type Outgoing<M extends QueuedMessage = Message> = {
  /** Stays the same in all attempts, so that the receiver can recognize a repeated delivery. A message may be delivered more than once. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly queuedAt: number
  readonly message: M
}

/** What a gateway hands its messages to. `none` stands for a channel without a gateway. */
export type GatewayKind = 'smtp' | 'ses' | 'sms-http' | 'twilio' | 'sns' | 'custom-sender' | 'inbox' | 'none'

/** Sends the messages of one channel. */
export type Gateway<M extends QueuedMessage = Message> = {
  /** The kind under which the metrics count this gateway's deliveries: `other` when undefined. */
  readonly kind?: GatewayKind
  /**
   * Resolves once the receiver has accepted the message. When `signal` aborts, the attempt ends.
   * @throws DeliveryError when the message was not accepted.
   */
  deliver(outgoing: Outgoing<M>, signal: AbortSignal): Promise<void>
  close?(): Promise<void>
}

export type Gateways = { readonly email: Gateway<EmailMessage>; readonly sms: Gateway<SmsMessage> }

/** An attempt to deliver a message failed. */
export class DeliveryError extends Error {
  /** For the log and the message record: short, and without any part of the message, its recipient or a password. */
  readonly reason: string
  /** Whether the receiver refused this message in particular, so that a retry will hardly help. */
  readonly refused: boolean

  constructor(reason: string, options: { refused?: boolean; cause?: unknown } = {}) {
    super(reason, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'DeliveryError'
    this.reason = reason
    this.refused = options.refused ?? false
  }
}
