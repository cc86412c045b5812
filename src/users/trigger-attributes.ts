import type { Pool } from '../pools/pool.ts'
import { type Attributes, aliasesOf, isContactAttribute, type User } from './user.ts'

/**
 * A user as functions of triggers are told of them: all attributes, as text. An address by which the user can be found stands there a
 * second time (observed: `cognito:email_alias`, in pools whose users are named by address as well).
 */
export function triggerAttributesOf(pool: Pool, user: Pick<User, 'sub' | 'username' | 'status' | 'attributes'>): Attributes {
  const attributes: Record<string, string> = { sub: user.sub }
  for (const { kind } of aliasesOf(pool, user)) {
    if (isContactAttribute(kind)) attributes[`cognito:${kind}_alias`] = user.attributes[kind] ?? ''
  }
  attributes['cognito:user_status'] = user.status
  return { ...attributes, ...user.attributes }
}

/**
 * Somebody who is to become a user as PreSignUp is told of them: what was given, and the address that the name is. There is neither a
 * `sub` nor a status yet.
 */
export function attributesBeforeSignUp(drafted: Attributes, given: Attributes): Attributes {
  const isAddedFlag = (name: string) => name.endsWith('_verified') && given[name] === undefined
  return Object.fromEntries(Object.entries(drafted).filter(([name]) => !isAddedFlag(name)))
}
