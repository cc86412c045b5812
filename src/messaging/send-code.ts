import { dayMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import { codeLifetimesMs, issueCode } from './codes.ts'
import { confirmationLink } from './confirmation-link.ts'
import { type Contact, channelOf, chooseInvitationContacts, chooseSignUpContact, type Delivery, deliveryTo } from './destination.ts'
import { templatesFor } from './localized-templates.ts'
import type { CustomSenderMessage, EmailMessage, Message, MessageKind } from './message.ts'
import { kindNames, type MessageContent } from './message-content.ts'
import { exceededLimitText, findExceededLimit } from './message-limits.ts'
import { queueMessage } from './outbox.ts'
import { renderMessage, usesLink } from './templates.ts'
import { isTestUser, signInNameOf } from './test-user-code.ts'

/** The user a message is for. @NOTE Whoever queues one calls `afterCommit` of the outbox then, or it waits for the next look. */
export type Addressee = {
  readonly sub: string
  readonly username: string
  readonly attributes: Readonly<Record<string, string>>
}

/**
 * The code that confirms a new user and the address it went to. Undefined when the user gave no address that the pool
 * verifies; then there is no code.
 */
export async function queueSignUpCode(
  tx: Tx,
  { secrets, publicUrl }: { readonly secrets: Secrets; readonly publicUrl: string },
  { pool, clientId, user, kind, messageContent, now }: SignUpCode,
): Promise<Delivery | undefined> {
  const contact = chooseSignUpContact(pool, user.attributes)
  if (contact === undefined) return undefined
  const lifetimeMs = codeLifetimesMs.signUp
  const { attribute, value } = contact
  const of = { poolId: pool.id, sub: user.sub, purpose: 'sign-up', holder: { pool, user } } as const
  const code = await issueCode(tx, secrets, { ...of, attribute, value, now, lifetimeMs })
  const byLink = usesLink(pool.templates, kind, channelOf(attribute))
  const link = byLink ? confirmationLink(publicUrl, { clientId, username: user.username, code }) : undefined
  return queueTo(tx, secrets, contact, { pool, user, kind, messageContent, code, link, now, expiresAt: now + lifetimeMs })
}

type SignUpCode = {
  readonly pool: Pool
  readonly clientId: string
  readonly user: Addressee
  readonly kind: 'sign-up' | 'resend'
  readonly messageContent: MessageContent
  readonly now: number
}

/** The code that lets a user choose a new password, to an address of theirs that the pool recovers by. */
export async function queueForgotPasswordCode(
  tx: Tx,
  secrets: Secrets,
  {
    pool,
    user,
    contact,
    messageContent,
    now,
  }: { pool: Pool; user: Addressee; contact: Contact; messageContent: MessageContent; now: number },
): Promise<Delivery> {
  const lifetimeMs = codeLifetimesMs.forgotPassword
  const of = { poolId: pool.id, sub: user.sub, purpose: 'forgot-password', holder: { pool, user } } as const
  const code = await issueCode(tx, secrets, { ...of, ...contact, now, lifetimeMs })
  return queueTo(tx, secrets, contact, { pool, user, kind: 'forgot-password', messageContent, code, now, expiresAt: now + lifetimeMs })
}

/** The code that proves an address, sent to `value`: the current one, or the one that is to become current. */
export async function queueAttributeCode(
  tx: Tx,
  secrets: Secrets,
  { pool, user, attribute, value, kind, messageContent, now }: AttributeProof,
): Promise<Delivery> {
  const lifetimeMs = codeLifetimesMs.attribute
  const of = { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` as const, holder: { pool, user } }
  const code = await issueCode(tx, secrets, { ...of, attribute, value, now, lifetimeMs })
  return queueTo(tx, secrets, { attribute, value }, { pool, user, kind, messageContent, code, now, expiresAt: now + lifetimeMs })
}

/** A code that its sign-in knows, to be brought back before `expiresAt`. */
export async function queueSignInCode(
  tx: Tx,
  secrets: Secrets,
  { pool, user, contact, messageContent, code, now, expiresAt }: SignInCode,
): Promise<Delivery> {
  return queueTo(tx, secrets, contact, { pool, user, kind: 'mfa', messageContent, code, now, expiresAt })
}

type SignInCode = {
  readonly pool: Pool
  readonly user: Addressee
  readonly contact: Contact
  readonly messageContent: MessageContent
  readonly code: string
  readonly now: number
  readonly expiresAt: number
}

type AttributeProof = {
  readonly pool: Pool
  readonly user: Addressee
  readonly attribute: ContactAttribute
  readonly value: string
  readonly kind: 'verify-attribute' | 'update-attribute'
  readonly messageContent: MessageContent
  readonly now: number
}

/** An invitation is not tried for longer than this, though the temporary password may live on. */
const invitationTriedForMs = dayMs

/**
 * Tells somebody whom an administrator created their name and temporary password (undefined when they have none). Goes
 * to every medium wished for that the user has an address of; possibly to none.
 */
export async function queueInvitation(
  tx: Tx,
  secrets: Secrets,
  { pool, user, mediums, temporaryPassword, messageContent, now }: Invitation,
): Promise<Delivery[]> {
  const content = { pool, user, shownName: signInNameOf(pool, user), kind: 'invitation', messageContent, code: temporaryPassword } as const
  const deliveries: Delivery[] = []
  for (const contact of chooseInvitationContacts(mediums, user.attributes)) {
    deliveries.push(await queueTo(tx, secrets, contact, { ...content, now, expiresAt: now + invitationTriedForMs }))
  }
  return deliveries
}

type Invitation = {
  readonly pool: Pool
  readonly user: Addressee
  readonly mediums: readonly ('EMAIL' | 'SMS')[] | undefined
  readonly temporaryPassword: string | undefined
  readonly messageContent: MessageContent
  readonly now: number
}

type Content = {
  readonly pool: Pool
  readonly user: Addressee
  /** What `{username}` becomes, if not the username. */
  readonly shownName?: string
  readonly kind: MessageKind
  readonly messageContent: MessageContent
  readonly code: string | undefined
  readonly link?: string | undefined
  readonly now: number
  readonly expiresAt: number
}

/** Whatever becomes of the message, the caller is told the same. */
async function queueTo(tx: Tx, secrets: Secrets, contact: Contact, content: Content): Promise<Delivery> {
  const { pool, user, kind, messageContent, now } = content
  const delivery = deliveryTo(contact)
  const channel = channelOf(contact.attribute)
  const isHandedOver = hasCustomSender(pool, channel)
  const isKnown = kind !== 'invitation' && isTestUser(pool, user)
  const suppressed = isKnown || isSuppressed(pool, kind) || (!isHandedOver && messageContent.texts?.suppressed === true)
  const message = isHandedOver ? handedOver(contact, content) : messageTo(contact, content, suppressed)
  if (message === undefined) return delivery
  if (suppressed) {
    const reason = isKnown ? 'a test user, whose code is fixed' : undefined
    await queueMessage(tx, secrets, message, now, { state: 'suppressed', reason })
    return delivery
  }
  const exceededLimit = await findExceededLimit(tx, secrets, pool, { channel, recipient: contact.value, now })
  const id = await queueMessage(
    tx,
    secrets,
    message,
    now,
    exceededLimit && { state: 'failed', reason: exceededLimitText(pool, exceededLimit) },
  )
  // What becomes of it at a function is nothing that the caller waits for.
  return isHandedOver && exceededLimit === undefined ? delivery : { ...delivery, message: { id, exceededLimit } }
}

function isSuppressed(pool: Pool, kind: MessageKind): boolean {
  return extensionsOf(pool).messages.suppress.includes(kindNames[kind])
}

function envelopeOf({ value: recipient }: Contact, { pool, user, kind: trigger, code, expiresAt }: Content) {
  return { poolId: pool.id, sub: user.sub, username: user.username, trigger, recipient, code, expiresAt }
}

/** For the pool's own code, which words it itself. */
function handedOver(contact: Contact, content: Content): CustomSenderMessage {
  const { callerContext, subject } = content.messageContent
  const channel = `custom-${channelOf(contact.attribute)}` as const
  return { ...envelopeOf(contact, content), ...callerContext, channel, userAttributes: subject.userAttributes }
}

/** Undefined when the template has no room for the code. Nobody has checked the texts of a message that its function suppressed. */
function messageTo(contact: Contact, content: Content, suppressed: boolean): Message | undefined {
  const { pool, user, shownName = user.username, kind, messageContent, code, link } = content
  const channel = channelOf(contact.attribute)
  const templates = templatesFor(pool, user.attributes['locale'])
  const values = { username: shownName, code, link }
  const rendered =
    renderMessage(templates, kind, channel, values, messageContent.texts) ??
    (suppressed ? renderMessage(templates, kind, channel, values) : undefined)
  if (rendered === undefined) return undefined
  const envelope = envelopeOf(contact, content)
  return rendered.channel === 'sms' ? { ...envelope, ...rendered } : { ...envelope, ...rendered, ...mailSettingsOf(pool.email) }
}

function mailSettingsOf({ from, replyTo, sourceArn, configurationSet }: Pool['email']): Pick<EmailMessage, MailSetting> {
  return { from, replyTo, sourceArn, configurationSet }
}

type MailSetting = 'from' | 'replyTo' | 'sourceArn' | 'configurationSet'
