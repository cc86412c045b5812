import type { Pool } from '../../pools/pool.ts'
import type { IdentifierKind } from '../pages/sign-in-pages.ts'

/** What users of the pool type to sign in. */
export function identifierKindOf({ usernameAttributes, aliasAttributes }: Pool): IdentifierKind {
  const takes = (attribute: 'email' | 'phone_number') => usernameAttributes.includes(attribute)
  if (takes('email') && takes('phone_number')) return 'email-or-phone'
  if (takes('email')) return 'email'
  if (takes('phone_number')) return 'phone'
  const hasContactAlias = aliasAttributes.includes('email') || aliasAttributes.includes('phone_number')
  return hasContactAlias ? 'any' : 'username'
}
