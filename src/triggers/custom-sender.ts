import type { MessageKindName } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'
import type { TriggerName } from '../pools/trigger-settings.ts'
import { type CallerContext, hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

/** The triggers that send a pool's messages in place of a gateway, by what they send. */
const senders = { email: 'CustomEmailSender', sms: 'CustomSMSSender' } as const satisfies Record<string, TriggerName>

const requestTypes = { email: 'customEmailSenderRequestV1', sms: 'customSMSSenderRequestV1' } as const

type Channel = keyof typeof senders

type Facts = TriggerSubject &
  CallerContext & {
    readonly channel: Channel
    readonly kind: MessageKindName
    /** Encrypted; null for an invitation of somebody who has no password. */
    readonly code: string | null
    readonly userAttributes: Texts
    readonly signal: AbortSignal
  }

/** Whether the pool's own code sends its messages of this kind itself. */
export function hasCustomSender(pool: Pick<Pool, 'triggers'>, channel: Channel): boolean {
  return hasTrigger(pool, senders[channel])
}

/**
 * Hands a message over to the pool's own code. What that answers means nothing, as at Cognito, which does not wait for it. Throws when it
 * could not be asked, failed, or answered too late, unless its policy is to pass that over.
 */
export async function invokeCustomSender(triggers: Triggers, { pool, channel, kind, ...facts }: Facts): Promise<void> {
  const { code, clientId, clientMetadata, userAgent, sub, username, userAttributes, signal } = facts
  const trigger = senders[channel]
  const source = `${trigger}_${kind}`
  const request = { type: requestTypes[channel], code, clientMetadata: clientMetadata ?? null, userAttributes }
  const call = { pool, trigger, source, clientId, username, sub, userAgent, request, response: {}, signal }
  await triggers.invoke(call, () => undefined)
}
