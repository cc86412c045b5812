import type { EmailMessage, Message, QueuedMessage, SmsMessage } from '../message.ts'

/** A message with the identity it keeps over all attempts to deliver it. */
export type Outgoing<M extends QueuedMessage = Message> = {
  /** The same each time, so that the far end can notice a repetition: delivery is at least once. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly queuedAt: number
  readonly message: M
}

/** Takes messages of one channel out of the house. */
export type Gateway<M extends QueuedMessage = Message> = {
  /** Resolves once the far end answers for the message; throws a `DeliveryError` otherwise. The signal ends the attempt. */
  deliver(outgoing: Outgoing<M>, signal: AbortSignal): Promise<void>
  close?(): Promise<void>
}

export type Gateways = { readonly email: Gateway<EmailMessage>; readonly sms: Gateway<SmsMessage> }

/** Why a message was not delivered this time. */
export class DeliveryError extends Error {
  /** What is logged and stored: short, and without anything that the message, its recipient or a password holds. */
  readonly reason: string
  /** The far end refused this very message, so that a repetition will hardly help. */
  readonly refused: boolean

  constructor(reason: string, options: { refused?: boolean; cause?: unknown } = {}) {
    super(reason, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'DeliveryError'
    this.reason = reason
    this.refused = options.refused ?? false
  }
}
