import { ApiError } from '../../../contract/api-error.ts'
import type { AppClient } from '../../../pools/app-client.ts'
import { checkAttributes, presentName, writableAttributes } from '../../../pools/attribute-rules.ts'
import type { Pool } from '../../../pools/pool.ts'
import { requireMutableAttributes } from '../../../users/attribute-changes.ts'
import { requireUnlocked } from '../../../users/self-service/self-service.ts'
import type { User } from '../../../users/user.ts'
import type { RequestParameters } from '../../parameters.ts'

const prefix = 'userAttributes.'
const ownedByTheService = ['sub', 'email_verified', 'phone_number_verified']

/** The attributes that the pool requires, the user lacks, and this client may write. */
export function missingRequiredAttributes(pool: Pool, client: AppClient, user: User): string[] {
  const writable = writableAttributes(pool, client)
  return pool.schema
    .filter(({ name, required, mutable }) => required && mutable && name !== 'sub' && writable(name) && !user.attributes[name])
    .map(({ name }) => name)
}

/**
 * The attributes that the answer sets by its keys `userAttributes.<name>`. The answer may set only attributes that the user lacks. Among
 * these, it has to set all that the pool requires. Attributes that users cannot change may be set only if the pool requires them: the
 * sign-in could not end without them.
 *
 * @throws ApiError InvalidParameterException or NotAuthorizedException when an attribute is not allowed, or a required one is missing.
 */
export function readNewAttributes(pool: Pool, client: AppClient, user: User, responses: RequestParameters): Record<string, string> {
  const writable = writableAttributes(pool, client)
  const named: [string, string][] = []
  for (const [key, value] of Object.entries(responses)) {
    if (!key.startsWith(prefix)) continue
    const name = presentName(pool, key.slice(prefix.length))
    if (ownedByTheService.includes(name)) throw new ApiError('InvalidParameterException', `Cannot modify the non-mutable attribute ${name}`)
    if (Object.hasOwn(user.attributes, name)) throw new ApiError('NotAuthorizedException', `Cannot modify an already provided ${name}`)
    if (!writable(name)) throw new ApiError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
    named.push([name, value])
  }
  const required = missingRequiredAttributes(pool, client, user)
  requireUnlocked(
    { pool, client },
    named.map(([name]) => name).filter((name) => !required.includes(name)),
  )
  const attributes = Object.fromEntries(named)
  checkAttributes(pool, attributes)
  requireMutableAttributes(pool, attributes)
  const missing = required.find((name) => !attributes[name])
  // The message differs from that of SignUp (observed).
  if (missing !== undefined) throw new ApiError('InvalidParameterException', `Invalid attributes given, ${missing} is missing`)
  return attributes
}
