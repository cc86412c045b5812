import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import {
  checkAttributes,
  isDeveloperOnly,
  isWritableByClients,
  requireRequiredAttributes,
  writableAttributes,
} from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import { nonMutable, requireMutableAttributes } from '../attribute-changes.ts'
import { requireUnlocked } from '../self-service/self-service.ts'
import { type Attributes, changeAttributes } from '../user.ts'

/**
 * Checks the changes that a user makes to their own attributes.
 * @throws ApiError NotAuthorizedException when the client may not write one of the attributes, or users cannot change one
 * @throws ApiError InvalidParameterException when the changes break the schema, change an immutable attribute or remove a required one
 */
export function requireAllowedChanges(pool: Pool, client: AppClient, current: Attributes, changes: Attributes): void {
  requireWritable(pool, client, Object.keys(changes))
  requireUnlocked({ pool, client }, Object.keys(changes))
  checkAttributes(pool, changes)
  requireMutableAttributes(pool, changes)
  requireRequiredAttributes(pool, changeAttributes(current, changes))
}

/**
 * Refuses attributes that the client may not write. Call it before the check against the schema, so that a client learns nothing about
 * attributes that it may not write.
 * @throws ApiError InvalidParameterException for an attribute that only the server sets
 * @throws ApiError NotAuthorizedException for an attribute that this client may not write
 */
export function requireWritable(pool: Pool, client: AppClient, names: readonly string[]): void {
  const serverOnly = names.find((name) => !isWritableByClients(name) && !isDeveloperOnly(name))
  if (serverOnly !== undefined) throw nonMutable(serverOnly)
  if (!names.every(writableAttributes(pool, client))) {
    throw new ApiError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
  }
}

/** @throws ApiError InvalidParameterException for a name that the schema lacks, with the text of the operations that delete attributes */
export function requireKnownNames(pool: Pool, names: readonly string[]): void {
  const known = new Set(pool.schema.map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  const problems = unknown.map((name) => `user.${name}: Attribute does not exist in the schema.\n`).join('')
  throw new ApiError('InvalidParameterException', `Invalid user attributes: ${problems}`)
}
