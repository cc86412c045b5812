import type { MessageKindName } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'
import { type CustomTexts, customMessage } from '../triggers/custom-message.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import type { Triggers } from '../triggers/trigger.ts'
import type { CallerContext } from '../triggers/trigger-subject.ts'
import { type Contact, channelOf } from './destination.ts'
import type { MessageKind } from './message.ts'
import { usesLink } from './templates.ts'
import { isTestUser } from './test-user-code.ts'

/** The user a message is for, as triggers are told of them. */
export type MessageRecipient = {
  /** Undefined before the user is stored. */
  readonly sub: string | undefined
  readonly username: string
  readonly userAttributes: Readonly<Record<string, string>>
}

/** What is settled about a message before the transaction that queues it, because it takes asking the pool's own code. */
export type MessageContent = {
  readonly callerContext: CallerContext
  readonly subject: MessageRecipient
  /** In place of the pool's template; undefined without a CustomMessage trigger. */
  readonly texts: CustomTexts | undefined
}

/** What follows the underscore in the source of a message's trigger. */
export const kindNames: Readonly<Record<MessageKind, MessageKindName>> = {
  'sign-up': 'SignUp',
  resend: 'ResendCode',
  'forgot-password': 'ForgotPassword',
  'verify-attribute': 'VerifyUserAttribute',
  'update-attribute': 'UpdateUserAttribute',
  invitation: 'AdminCreateUser',
  mfa: 'Authentication',
}

type Asked = {
  readonly pool: Pool
  readonly subject: MessageRecipient
  /** Where it goes: one place, but for invitations. */
  readonly attributes: readonly Contact['attribute'][]
  readonly kind: MessageKind
  readonly callerContext: CallerContext
}

/** Takes as long as rendering a message would, for somebody who does not exist. */
export async function simulateRendering(triggers: Triggers, pool: Pool, attribute: Contact['attribute']): Promise<void> {
  if (!hasCustomSender(pool, channelOf(attribute))) await triggers.simulateInvocation(pool, 'CustomMessage')
}

/**
 * Asks the CustomMessage trigger how a message shall read. A custom sender words its messages itself, so that with one nobody is asked;
 * nor is anybody about a code that a test user knows. Throws what a failing trigger throws. Never inside a transaction.
 */
export async function renderContent(
  triggers: Triggers,
  { pool, subject, attributes, kind, callerContext }: Asked,
): Promise<MessageContent> {
  const channels = attributes.map(channelOf).filter((channel) => !hasCustomSender(pool, channel))
  const isSent = kind === 'invitation' || !isTestUser(pool, { username: subject.username, attributes: subject.userAttributes })
  if (channels.length === 0 || !isSent) return { callerContext, subject, texts: undefined }
  const texts = await customMessage(triggers, {
    ...callerContext,
    ...subject,
    pool,
    kind: kindNames[kind],
    channels,
    byLink: channels.some((channel) => usesLink(pool.templates, kind, channel)),
  })
  return { callerContext, subject, texts }
}
