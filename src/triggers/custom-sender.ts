import type { MessageKindName } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'
import type { TriggerName } from '../pools/trigger-settings.ts'
import { type CallerContext, hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

/** The triggers that send the messages of a pool in place of a gateway, by channel. */
const senders = { email: 'CustomEmailSender', sms: 'CustomSMSSender' } as const satisfies Record<string, TriggerName>

const requestTypes = { email: 'customEmailSenderRequestV1', sms: 'customSMSSenderRequestV1' } as const

type Channel = keyof typeof senders

type CustomSenderRequest = TriggerSubject &
  CallerContext & {
    readonly channel: Channel
    readonly kind: MessageKindName
    /** The encrypted code or temporary password. Null for the invitation of a user who has no password. */
    readonly code: string | null
    readonly userAttributes: Texts
    readonly signal: AbortSignal
  }

/** Whether a trigger function sends the pool's messages of this channel. */
export function hasCustomSender(pool: Pick<Pool, 'triggers' | 'extensions'>, channel: Channel): boolean {
  return hasTrigger(pool, senders[channel])
}

/**
 * Hands a message over to the custom sender. As at Cognito, the function's response has no meaning. Cognito does not even wait for the
 * response.
 * @throws ApiError when the function could not be invoked, failed, or answered too late, unless its policy says to continue.
 */
export async function invokeCustomSender(triggers: Triggers, { pool, channel, kind, ...details }: CustomSenderRequest): Promise<void> {
  const { code, clientId, clientMetadata, userAgent, sub, username, userAttributes, signal } = details
  const trigger = senders[channel]
  const source = `${trigger}_${kind}`
  const request = { type: requestTypes[channel], code, clientMetadata: clientMetadata ?? null, userAttributes }
  const call = { pool, trigger, source, clientId, username, sub, userAgent, request, response: {}, signal }
  await triggers.invoke(call, () => undefined)
}
