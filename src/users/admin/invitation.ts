import { chooseInvitationContacts } from '../../messaging/destination.ts'
import type { MessageContent } from '../../messaging/message-content.ts'
import type { Pool } from '../../pools/pool.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { renderMessageTo } from '../render-user-message.ts'
import type { User } from '../user.ts'

/** By which media somebody is to hear of their account; undefined leaves it to the server. */
export type InvitationMediums = readonly ('EMAIL' | 'SMS')[] | undefined

type Invited = {
  readonly pool: Pool
  readonly user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>
  readonly mediums: InvitationMediums
  readonly callerContext: CallerContext
}

/** Asks the pool's own code once how an invitation shall read, whether it goes one way or both. Never inside a transaction. */
export function renderInvitation(triggers: Triggers, { pool, user, mediums, callerContext }: Invited): Promise<MessageContent> {
  const attributes = chooseInvitationContacts(mediums, user.attributes).map(({ attribute }) => attribute)
  return renderMessageTo(triggers, { pool, user, attributes, kind: 'invitation', callerContext })
}
