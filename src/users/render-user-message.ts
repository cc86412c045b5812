import type { MessageKind } from '../messaging/message.ts'
import { type MessageContent, renderContent } from '../messaging/message-content.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { CallerContext, Triggers } from '../triggers/trigger.ts'
import type { AddressToVerify } from './attribute-changes.ts'
import { triggerAttributesOf } from './trigger-attributes.ts'
import type { User } from './user.ts'

type Asked = {
  readonly pool: Pool
  readonly user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>
  /** Where the message goes. */
  readonly attributes: readonly ContactAttribute[]
  readonly kind: MessageKind
  readonly callerContext: CallerContext
}

/** Asks the pool's own code how a message to a user shall read. Never inside a transaction. */
export function renderMessageTo(triggers: Triggers, { pool, user, attributes, kind, callerContext }: Asked): Promise<MessageContent> {
  const recipient = { sub: user.sub, username: user.username, userAttributes: triggerAttributesOf(pool, user) }
  return renderContent(triggers, { pool, recipient, attributes, kind, callerContext })
}

type Changed = {
  readonly pool: Pool
  readonly user: User
  /** Empty when no address changes. */
  readonly toVerify: readonly AddressToVerify[]
  readonly callerContext: CallerContext
}

/** The same for the codes that a change of addresses calls for, each address by itself; the function is told of the new ones. */
export async function renderChanges(
  triggers: Triggers,
  { pool, user, toVerify, callerContext }: Changed,
): Promise<(attribute: ContactAttribute) => MessageContent> {
  const asChanged = { ...user.attributes, ...Object.fromEntries(toVerify.map(({ attribute, value }) => [attribute, value])) }
  const changed = { ...user, attributes: asChanged }
  const wordings = new Map<ContactAttribute, MessageContent>()
  for (const { attribute } of toVerify) {
    const asked = { pool, user: changed, attributes: [attribute], kind: 'update-attribute', callerContext } as const
    wordings.set(attribute, await renderMessageTo(triggers, asked))
  }
  // An address that only became a change because somebody else changed the user meanwhile is worded by the pool's template.
  const recipient = { sub: user.sub, username: user.username, userAttributes: triggerAttributesOf(pool, changed) }
  return (attribute) => wordings.get(attribute) ?? { callerContext, recipient, customMessage: undefined }
}
