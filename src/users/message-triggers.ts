import type { ContactAttribute, Pool } from '../pools/pool.ts'
import { requireNoTrigger } from '../triggers/trigger.ts'

/** Stands where Cognito would have the pool's own code word or send a message to such an address. Never inside a transaction. */
export function requireNoMessageTrigger(pool: Pool, attribute: ContactAttribute): void {
  requireNoTrigger(pool, 'CustomMessage')
  requireNoTrigger(pool, attribute === 'email' ? 'CustomEmailSender' : 'CustomSMSSender')
}
