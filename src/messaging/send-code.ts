import { dayMs, hourMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import { type CodePurpose, codeLifetimesMs, issueCode } from './codes.ts'
import { type Contact, channelOf, chooseInvitationContacts, chooseSignUpContact, type Delivery, deliveryTo } from './destination.ts'
import type { CustomSenderMessage, EmailMessage, Message, MessageKind } from './message.ts'
import { kindNames, type MessageContent } from './message-content.ts'
import { exceededLimitText, findExceededLimit } from './message-limits.ts'
import { queueMessage } from './outbox.ts'
import { renderMessage, templatesFor, usesLink } from './templates.ts'
import { isTestUser, signInNameOf } from './test-user-code.ts'

/** What every message needs. @NOTE Call `afterCommit` of the outbox after the commit. Otherwise the message waits for the next poll. */
type MessageInput = {
  readonly pool: Pool
  readonly user: { readonly sub: string; readonly username: string; readonly attributes: Readonly<Record<string, string>> }
  readonly messageContent: MessageContent
  readonly now: number
}

type SignUpCode = MessageInput & {
  readonly clientId: string
  readonly kind: 'sign-up' | 'resend'
  /** Where the link leads at its end. */
  readonly returnUrl?: string | undefined
}

/**
 * Queues the code that confirms a new user, and resolves with the address that it goes to. Undefined when the user has no address that the
 * pool verifies: then there is no code.
 */
export async function queueSignUpCode(
  tx: Tx,
  { secrets, publicUrl }: { readonly secrets: Secrets; readonly publicUrl: string },
  { clientId, returnUrl, ...input }: SignUpCode,
): Promise<Delivery | undefined> {
  const { pool, user, kind } = input
  const contact = chooseSignUpContact(pool, user.attributes)
  if (contact === undefined) return undefined
  const byLink = usesLink(pool.templates, kind, channelOf(contact.attribute))
  return queueNewCode(tx, secrets, {
    ...input,
    contact,
    purpose: 'sign-up',
    lifetimeMs: codeLifetimesMs.signUp,
    linkFor: byLink ? (code) => confirmationLink(publicUrl, { clientId, username: user.username, code, returnUrl }) : undefined,
  })
}

/** The URL that a message with CONFIRM_WITH_LINK carries. The names in its path and query are Cognito's. */
function confirmationLink(
  publicUrl: string,
  { clientId, username, code, returnUrl }: { clientId: string; username: string; code: string; returnUrl: string | undefined },
): string {
  const query = new URLSearchParams({ client_id: clientId, user_name: username, confirmation_code: code })
  if (returnUrl !== undefined) query.set('redirect_uri', returnUrl)
  return `${publicUrl}/confirmUser?${query}`
}

/** Queues the code that lets a user choose a new password. `contact` is an address of the user by which the pool recovers accounts. */
export function queueForgotPasswordCode(tx: Tx, secrets: Secrets, input: MessageInput & { readonly contact: Contact }): Promise<Delivery> {
  const lifetimeMs = codeLifetimesMs.forgotPassword
  return queueNewCode(tx, secrets, { ...input, kind: 'forgot-password', purpose: 'forgot-password', lifetimeMs })
}

type AttributeCode = MessageInput & {
  readonly attribute: ContactAttribute
  /** The address to verify: the current one, or the one that is to replace it. */
  readonly value: string
  readonly kind: 'verify-attribute' | 'update-attribute'
}

/** Queues the code that verifies an address, sent to that address. */
export function queueAttributeCode(tx: Tx, secrets: Secrets, { attribute, value, ...input }: AttributeCode): Promise<Delivery> {
  const lifetimeMs = codeLifetimesMs.attribute
  return queueNewCode(tx, secrets, { ...input, contact: { attribute, value }, purpose: `verify-${attribute}`, lifetimeMs })
}

type SignInCode = MessageInput & { readonly contact: Contact; readonly code: string; readonly expiresAt: number }

/** Queues the message with a code for a sign-in. The sign-in state already holds this code, so no code is issued here. */
export function queueSignInCode(tx: Tx, secrets: Secrets, input: SignInCode): Promise<Delivery> {
  return queueDraft(tx, secrets, { ...input, kind: 'mfa' })
}

type SignInLinkMessage = MessageInput & { readonly contact: Contact; readonly link: string; readonly expiresAt: number }

/** Queues the e-mail with a link that signs the user in. */
export function queueSignInLink(tx: Tx, secrets: Secrets, input: SignInLinkMessage): Promise<Delivery> {
  return queueDraft(tx, secrets, { ...input, kind: 'sign-in-link', code: undefined })
}

type AccountExistsMessage = MessageInput & { readonly contact: Contact; readonly link: string | undefined }

/** For how long the delivery of the message is retried. */
const accountExistsRetriedForMs = hourMs

/** Queues the message to the owner of an account, after a sign-up with the owner's address. `link` leads to the sign-in page. */
export function queueAccountExists(tx: Tx, secrets: Secrets, input: AccountExistsMessage): Promise<Delivery> {
  return queueDraft(tx, secrets, { ...input, kind: 'account-exists', code: undefined, expiresAt: input.now + accountExistsRetriedForMs })
}

/** For how long the delivery of an invitation is retried. The temporary password may live longer. */
const invitationRetriedForMs = dayMs

type Invitation = MessageInput & {
  readonly mediums: readonly ('EMAIL' | 'SMS')[] | undefined
  /** Undefined when the user has no password. */
  readonly temporaryPassword: string | undefined
}

/**
 * Queues the messages that tell a new user the username and the temporary password, when an administrator created the user. There is one
 * message for each of the mediums that the user has an address for, so there may be no message.
 */
export async function queueInvitation(
  tx: Tx,
  secrets: Secrets,
  { mediums, temporaryPassword: code, ...input }: Invitation,
): Promise<Delivery[]> {
  const { pool, user, now } = input
  const displayName = signInNameOf(pool, user)
  const deliveries: Delivery[] = []
  for (const contact of chooseInvitationContacts(mediums, user.attributes)) {
    const draft = { ...input, contact, displayName, kind: 'invitation', code, expiresAt: now + invitationRetriedForMs } as const
    deliveries.push(await queueDraft(tx, secrets, draft))
  }
  return deliveries
}

/** A message before it is rendered. */
type MessageDraft = MessageInput & {
  readonly contact: Contact
  readonly kind: MessageKind
  readonly code: string | undefined
  readonly link?: string | undefined
  /** The text that takes the place of `{username}`. Undefined for the username itself. */
  readonly displayName?: string
  readonly expiresAt: number
}

type NewCode = Omit<MessageDraft, 'code' | 'link' | 'expiresAt'> & {
  readonly purpose: CodePurpose
  readonly lifetimeMs: number
  /** Makes the link that carries the code. Undefined for a message that shows the code itself. */
  readonly linkFor?: ((code: string) => string) | undefined
}

/** Issues a code and queues the message that carries it. */
async function queueNewCode(tx: Tx, secrets: Secrets, { purpose, lifetimeMs, linkFor, ...draft }: NewCode): Promise<Delivery> {
  const { pool, user, contact, now } = draft
  const { attribute, value } = contact
  const holder = { pool, user }
  const code = await issueCode(tx, secrets, { poolId: pool.id, sub: user.sub, purpose, attribute, value, holder, now, lifetimeMs })
  return queueDraft(tx, secrets, { ...draft, code, link: linkFor?.(code), expiresAt: now + lifetimeMs })
}

/**
 * Queues a message. A message that is suppressed or exceeds a limit is only recorded. A message that would lack its code or link is neither
 * queued nor recorded (see `renderDraft`). The caller gets the same masked address in all these cases.
 */
async function queueDraft(tx: Tx, secrets: Secrets, draft: MessageDraft): Promise<Delivery> {
  const { pool, user, contact, kind, messageContent, now } = draft
  const delivery = deliveryTo(contact)
  const channel = channelOf(contact.attribute)
  const byCustomSender = hasCustomSender(pool, channel)
  const hasFixedCode = kind !== 'invitation' && isTestUser(pool, user)
  const suppressedByFunction = !byCustomSender && messageContent.customMessage?.suppressed === true
  const suppressed = hasFixedCode || suppressedByFunction || extensionsOf(pool).messages.suppress.includes(kindNames[kind])
  const message = byCustomSender ? customSenderMessage(draft) : renderDraft(draft, suppressed)
  if (message === undefined) return delivery
  if (suppressed) {
    const reason = hasFixedCode ? 'a test user, whose code is fixed' : undefined
    await queueMessage(tx, secrets, { message, now, withheld: { state: 'suppressed', reason } })
    return delivery
  }
  const exceededLimit = await findExceededLimit(tx, secrets, pool, { channel, recipient: contact.value, now })
  const withheld = exceededLimit && ({ state: 'failed', reason: exceededLimitText(pool, exceededLimit) } as const)
  const id = await queueMessage(tx, secrets, { message, now, withheld })
  // `afterCommit` waits for a message that is returned here. No caller waits for a custom sender, so its message is left out.
  return byCustomSender && exceededLimit === undefined ? delivery : { ...delivery, message: { id, exceededLimit } }
}

function envelopeOf({ pool, user, contact, kind, code, expiresAt }: MessageDraft) {
  return { poolId: pool.id, sub: user.sub, username: user.username, trigger: kind, recipient: contact.value, code, expiresAt }
}

function customSenderMessage(draft: MessageDraft): CustomSenderMessage {
  const { callerContext, recipient } = draft.messageContent
  // A function that writes the message itself needs the whole link.
  const code = draft.kind === 'sign-in-link' || draft.kind === 'account-exists' ? draft.link : draft.code
  const channel = `custom-${channelOf(draft.contact.attribute)}` as const
  return { ...envelopeOf({ ...draft, code }), ...callerContext, channel, userAttributes: recipient.userAttributes }
}

/**
 * Renders a message. Undefined when the template has no placeholder for the code or link. A trigger function that suppresses the message
 * may write a text without the placeholder. Then the record of the message shows the pool's template instead.
 */
function renderDraft(draft: MessageDraft, suppressed: boolean): Message | undefined {
  const { pool, user, contact, displayName = user.username, kind, messageContent, code, link } = draft
  const channel = channelOf(contact.attribute)
  const templates = templatesFor(pool, user.attributes['locale'])
  const values = { username: displayName, code, link }
  const rendered =
    renderMessage(templates, kind, channel, { ...values, customMessage: messageContent.customMessage }) ??
    (suppressed ? renderMessage(templates, kind, channel, values) : undefined)
  if (rendered === undefined) return undefined
  const envelope = envelopeOf(draft)
  return rendered.channel === 'sms' ? { ...envelope, ...rendered } : { ...envelope, ...rendered, ...mailSettingsOf(pool.email) }
}

export type MailSetting = 'from' | 'replyTo' | 'sourceArn' | 'configurationSet'

export function mailSettingsOf({ from, replyTo, sourceArn, configurationSet }: Pool['email']): Pick<EmailMessage, MailSetting> {
  return { from, replyTo, sourceArn, configurationSet }
}
