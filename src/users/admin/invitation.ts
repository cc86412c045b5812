import { chooseInvitationContacts } from '../../messaging/destination.ts'
import type { Occasion, Wording } from '../../messaging/wording.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Triggers } from '../../triggers/trigger.ts'
import { wordMessageTo } from '../message-wording.ts'
import type { User } from '../user.ts'

/** By which media somebody is to hear of their account; undefined leaves it to the server. */
export type InvitationMediums = readonly ('EMAIL' | 'SMS')[] | undefined

type Invited = {
  readonly pool: Pool
  readonly user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>
  readonly mediums: InvitationMediums
  readonly occasion: Occasion
}

/** Asks the pool's own code once how an invitation shall read, whether it goes one way or both. Never inside a transaction. */
export function wordInvitation(triggers: Triggers, { pool, user, mediums, occasion }: Invited): Promise<Wording> {
  const attributes = chooseInvitationContacts(mediums, user.attributes).map(({ attribute }) => attribute)
  return wordMessageTo(triggers, { pool, user, attributes, kind: 'invitation', occasion })
}
