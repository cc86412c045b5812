import type { MessageKindName } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'
import { type CustomMessageResponse, invokeCustomMessage } from '../triggers/custom-message.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import type { CallerContext, Triggers } from '../triggers/trigger.ts'
import { type Contact, channelOf } from './destination.ts'
import type { MessageKind } from './message.ts'
import { usesLink } from './templates.ts'
import { isTestUser } from './test-user-code.ts'

/** The user a message is for, as the events of triggers describe them. */
export type MessageRecipient = {
  readonly sub: string
  readonly username: string
  readonly userAttributes: Readonly<Record<string, string>>
}

/**
 * What is settled about a message before the transaction that queues it. The CustomMessage trigger may have to be invoked for the content,
 * and no trigger may be invoked inside a transaction.
 */
export type MessageContent = {
  readonly callerContext: CallerContext
  readonly recipient: MessageRecipient
  /** The texts that take the place of the pool's template. Undefined without a CustomMessage trigger. */
  readonly customMessage: CustomMessageResponse | undefined
}

/** The name of each kind of message in a trigger source, after the underscore: `SignUp` in `CustomMessage_SignUp`. */
export const kindNames: Readonly<Record<MessageKind, MessageKindName>> = {
  'sign-up': 'SignUp',
  resend: 'ResendCode',
  'forgot-password': 'ForgotPassword',
  'verify-attribute': 'VerifyUserAttribute',
  'update-attribute': 'UpdateUserAttribute',
  invitation: 'AdminCreateUser',
  mfa: 'Authentication',
  'sign-in-link': 'SignInLink',
  'account-exists': 'AccountExists',
  'risk-notice': 'AccountTakeOverNotification',
  'account-notice': 'AccountNotice',
}

/** Stands for `renderContent` when the user does not exist: waits as long and does nothing. */
export async function simulateRendering(triggers: Triggers, pool: Pool, attribute: Contact['attribute']): Promise<void> {
  if (!hasCustomSender(pool, channelOf(attribute))) await triggers.simulateInvocation(pool, 'CustomMessage')
}

type ContentRequest = {
  readonly pool: Pool
  readonly recipient: MessageRecipient
  /** The attributes with the addresses that the message goes to. Only an invitation can have more than one. */
  readonly attributes: readonly Contact['attribute'][]
  readonly kind: MessageKind
  readonly callerContext: CallerContext
}

/**
 * Invokes the CustomMessage trigger, if the pool has one. The trigger is not invoked for messages of a custom sender, which writes their
 * texts itself, nor for the code of a test user, which is never sent. Never call this function inside a transaction.
 * @throws ApiError what `Triggers.invoke` throws when the function fails.
 */
export async function renderContent(
  triggers: Triggers,
  { pool, recipient, attributes, kind, callerContext }: ContentRequest,
): Promise<MessageContent> {
  const channels = attributes.map(channelOf).filter((channel) => !hasCustomSender(pool, channel))
  const isSent = kind === 'invitation' || !isTestUser(pool, { username: recipient.username, attributes: recipient.userAttributes })
  if (channels.length === 0 || !isSent) return { callerContext, recipient, customMessage: undefined }
  const customMessage = await invokeCustomMessage(triggers, {
    ...callerContext,
    ...recipient,
    pool,
    kind: kindNames[kind],
    channels,
    byLink: channels.some((channel) => usesLink(pool.templates, kind, channel)),
  })
  return { callerContext, recipient, customMessage }
}
