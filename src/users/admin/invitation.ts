import { chooseInvitationContacts } from '../../messaging/destination.ts'
import type { Pool } from '../../pools/pool.ts'
import { requireNoMessageTrigger } from '../message-triggers.ts'
import type { Attributes } from '../user.ts'

/** By which media somebody is to hear of their account; undefined leaves it to the server. */
export type InvitationMediums = readonly ('EMAIL' | 'SMS')[] | undefined

/** Stands where Cognito would have the pool's own code word or send an invitation. Never inside a transaction. */
export function requireNoInvitationTrigger(pool: Pool, mediums: InvitationMediums, attributes: Attributes): void {
  for (const { attribute } of chooseInvitationContacts(mediums, attributes)) requireNoMessageTrigger(pool, attribute)
}
