import type { Secrets } from '../../base/secrets.ts'
import { addressIn } from '../../messaging/simulated-delivery.ts'
import { offeredMfa } from '../../pools/mfa/offered-mfa.ts'
import { type ContactAttribute, type MfaMethod, nameKey, type Pool } from '../../pools/pool.ts'
import { countsAsAllFactors } from '../../users/passkeys/passkey.ts'
import type { ChoiceName } from './choices.ts'

/**
 * What somebody who does not exist can choose from: a selection of what the pool allows that looks drawn by lot, and is the same each
 * time for the same name. Whoever is called by an address has that address, like every user who is called so.
 */
export function decoyChoices(secrets: Secrets, pool: Pool, name: string): readonly ChoiceName[] {
  const bytes = secrets.mac('decoy', pool.id, 'choices', nameKey(pool, name))
  const lot = (at: number): boolean => (bytes[at] ?? 0) < 128
  const allowed = pool.allowedFirstFactors
  const hasAddress = (contact: ContactAttribute, at: number): boolean =>
    addressIn(name) === contact || pool.schema.some((attribute) => attribute.name === contact && attribute.required) || lot(at)
  const choices: ChoiceName[] = []
  if (allowed.includes('EMAIL_OTP') && hasAddress('email', 0)) choices.push('EMAIL_OTP')
  if (allowed.includes('SMS_OTP') && hasAddress('phone_number', 1)) choices.push('SMS_OTP')
  // Only where codes let users in can there be any without a password.
  const hasPassword = choices.length === 0 || lot(2)
  if (hasPassword) choices.unshift('PASSWORD_SRP', 'PASSWORD')
  if (allowed.includes('WEB_AUTHN') && (pool.mfa !== 'ON' || countsAsAllFactors(pool)) && lot(3)) choices.push('WEB_AUTHN')
  return choices
}

/** Which second factors somebody who does not exist is taken to have, in the same way. */
export function decoySeconds(secrets: Secrets, pool: Pool, name: string): readonly MfaMethod[] {
  const bytes = secrets.mac('decoy', pool.id, 'seconds', nameKey(pool, name))
  return offeredMfa(pool).filter((_method, at) => (bytes[at] ?? 0) < 128)
}
