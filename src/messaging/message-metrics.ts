import type { GatewayKind } from './gateways/gateway.ts'
import type { Channel } from './message.ts'

/** What became of an attempt to deliver a message. A message that was `given-up` is not tried again. */
export type AttemptOutcome = 'sent' | 'postponed' | 'given-up'

/** Counts deliveries for the operator. */
export type MessageMetrics = {
  /** Call it when the first attempt to deliver a message begins. */
  started(channel: Channel): void
  attempted(channel: Channel, gateway: GatewayKind | 'other', outcome: AttemptOutcome): void
}

export const noMessageMetrics: MessageMetrics = { started: () => undefined, attempted: () => undefined }
