import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '../contract/api-error.ts'
import type { MessageKind } from '../messaging/message.ts'
import { type MessageContent, renderContent } from '../messaging/message-content.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import { type ConfirmationSource, invokePostConfirmation } from '../triggers/post-confirmation.ts'
import { invokePreSignUp, type PreSignUpResponse, type PreSignUpSource } from '../triggers/pre-sign-up.ts'
import { invokePreUpdateUserAttributes, type UpdatingOperation } from '../triggers/pre-update-user-attributes.ts'
import { type CallerContext, hasTrigger, type TriggerSubject, type Triggers } from '../triggers/trigger.ts'
import type { AddressToVerify } from './attribute-changes.ts'
import { type Attributes, aliasesOf, isContactAttribute, type User } from './user.ts'

// Calls of the trigger functions for the sign-up, confirmation, attributes and messages of a user. Never call a trigger function inside a
// transaction.

/**
 * The attributes of a user in an event, all as text. An address that the user can sign in with appears a second time as
 * `cognito:email_alias` or `cognito:phone_number_alias` (observed, in pools with username attributes as well).
 */
export function triggerAttributesOf(pool: Pool, user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>): Attributes {
  const attributes: Record<string, string> = { sub: user.sub }
  for (const { kind } of aliasesOf(pool, user)) {
    if (isContactAttribute(kind)) attributes[`cognito:${kind}_alias`] = user.attributes[kind] ?? ''
  }
  attributes['cognito:user_status'] = user.status
  return { ...attributes, ...user.attributes }
}

/** The user that an event is about, and the app client that caused it. `sub` is undefined in PreSignUp. */
export function triggerSubjectOf(
  pool: Pool,
  { username, sub }: { readonly username: string; readonly sub: string | undefined },
  { clientId, userAgent }: CallerContext,
): TriggerSubject {
  return { pool, clientId, username, sub, userAgent }
}

type PreSignUp = {
  readonly pool: Pool
  readonly source: PreSignUpSource
  readonly username: string
  readonly userAttributes: Attributes
  readonly validationData: Readonly<Record<string, string>> | undefined
  readonly callerContext: CallerContext
}

/** Asks the PreSignUp trigger whether the user may be created. Throws what a failing trigger throws. */
export function runPreSignUp(
  triggers: Triggers,
  { pool, source, username, callerContext, ...event }: PreSignUp,
): Promise<PreSignUpResponse> {
  const subject = triggerSubjectOf(pool, { username, sub: undefined }, callerContext)
  return invokePreSignUp(triggers, subject, source, { ...event, clientMetadata: callerContext.clientMetadata })
}

type PostConfirmation = {
  readonly pool: Pool
  readonly user: User
  readonly source: ConfirmationSource
  readonly callerContext: CallerContext
}

/**
 * Calls the PostConfirmation trigger for a user who was confirmed or who has a new password. Call it after the commit: when it throws what
 * a failing trigger throws, the change stays.
 */
export async function runPostConfirmation(triggers: Triggers, { pool, user, source, callerContext }: PostConfirmation): Promise<void> {
  const userAttributes = triggerAttributesOf(pool, user)
  const event = { userAttributes, clientMetadata: callerContext.clientMetadata }
  await invokePostConfirmation(triggers, triggerSubjectOf(pool, user, callerContext), source, event)
}

type AttributesUpdate = {
  readonly pool: Pool
  readonly user: User
  readonly operation: UpdatingOperation
  /** The attributes of the request. An empty value deletes the attribute. */
  readonly changes: Attributes
  readonly callerContext: CallerContext
}

/** Asks the PreUpdateUserAttributes trigger whether the attributes may change. Throws what a failing trigger throws. */
export async function runPreUpdateUserAttributes(
  triggers: Triggers,
  { pool, user, operation, changes, callerContext }: AttributesUpdate,
): Promise<void> {
  const event = { userAttributes: triggerAttributesOf(pool, user), changes, clientMetadata: callerContext.clientMetadata }
  await invokePreUpdateUserAttributes(triggers, triggerSubjectOf(pool, user, callerContext), operation, event)
}

/**
 * Refuses to go on when the user's attributes are no longer those that the trigger function has agreed about. Otherwise two calls at the
 * same time could together make a change that the function refuses. Does nothing in a pool without the trigger.
 *
 * @throws ApiError TooManyRequestsException, after which the AWS SDKs call again by themselves
 */
export function requireAttributesAsSeen(pool: Pool, trigger: 'PreDeleteUser' | 'PreUpdateUserAttributes', seen: User, locked: User): void {
  if (!hasTrigger(pool, trigger)) return
  if (isDeepStrictEqual(triggerAttributesOf(pool, seen), triggerAttributesOf(pool, locked))) return
  throw new ApiError('TooManyRequestsException', `The user has changed while ${trigger} ran. Try again.`)
}

type MessageToUser = {
  readonly pool: Pool
  readonly user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>
  /** The attributes with the addresses that the message goes to. */
  readonly attributes: readonly ContactAttribute[]
  readonly kind: MessageKind
  readonly callerContext: CallerContext
}

/** The user whom a message goes to, as the events of its triggers show the user. */
export const recipientOf = (pool: Pool, user: MessageToUser['user']) => ({
  sub: user.sub,
  username: user.username,
  userAttributes: triggerAttributesOf(pool, user),
})

/** The content of a message to a user. The CustomMessage trigger may write it. */
export function renderMessageTo(
  triggers: Triggers,
  { pool, user, attributes, kind, callerContext }: MessageToUser,
): Promise<MessageContent> {
  return renderContent(triggers, { pool, recipient: recipientOf(pool, user), attributes, kind, callerContext })
}

type AddressChange = {
  readonly pool: Pool
  readonly user: User
  /** The new addresses; empty when no address changes. */
  readonly toVerify: readonly AddressToVerify[]
  readonly callerContext: CallerContext
}

/**
 * The contents of the messages with the codes for new addresses, one for each address. The events of CustomMessage show the new addresses.
 */
export async function renderAddressCodes(
  triggers: Triggers,
  { pool, user, toVerify, callerContext }: AddressChange,
): Promise<(attribute: ContactAttribute) => MessageContent> {
  const newAddresses = Object.fromEntries(toVerify.map(({ attribute, value }) => [attribute, value]))
  const changed = { ...user, attributes: { ...user.attributes, ...newAddresses } }
  const contents = new Map<ContactAttribute, MessageContent>()
  for (const { attribute } of toVerify) {
    const message = { pool, user: changed, attributes: [attribute], kind: 'update-attribute', callerContext } as const
    contents.set(attribute, await renderMessageTo(triggers, message))
  }
  // Another request may change the user in the meantime, so that one more address needs a code. The message with that code is written from
  // the pool's template, without CustomMessage.
  const recipient = { sub: user.sub, username: user.username, userAttributes: triggerAttributesOf(pool, changed) }
  return (attribute) => contents.get(attribute) ?? { callerContext, recipient, customMessage: undefined }
}
