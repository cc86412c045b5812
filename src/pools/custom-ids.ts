import { invalidParameter } from '../contract/api-error.ts'
import { Violations } from '../contract/violations.ts'
import type { Db, Tx } from '../storage/db.ts'
import { isPoolDeleted } from './pool-deletion-repository.ts'

/** The tag by which test doubles of Cognito let a new pool have a given id, and how the name of an app client begins to the same end. */
const customId = '_custom_id_'
const clientNameStart = `${customId}:`

export type CustomIds = {
  /** Whether requests may give the ids of new pools and app clients. True in `dev` only: elsewhere only the operator may use an id again. */
  readonly acceptsCustomIds: boolean
  /** The id of the new pool or app client, where the operator's file gives it. */
  readonly fixedId?: string
}

/**
 * The id that the tags of a new user pool or identity pool ask for.
 * @throws ApiError InvalidParameterException when it has not the form of such an id
 */
export function customPoolId(
  { acceptsCustomIds, fixedId }: CustomIds,
  tags: Readonly<Record<string, string>> = {},
  form: PoolIdForm,
): string | undefined {
  const id = fixedId ?? (acceptsCustomIds && Object.hasOwn(tags, customId) ? tags[customId] : undefined)
  if (id !== undefined && !(form.pattern.test(id) && id.length <= 55)) {
    throw invalidParameter(`${fixedId === undefined ? `The tag ${customId}` : 'The id'} must be ${form.example}.`)
  }
  return id
}

type PoolIdForm = { readonly pattern: RegExp; readonly example: string }

export const userPoolIdForm: PoolIdForm = {
  pattern: /^[\w-]+_[0-9a-zA-Z]+$/,
  example: 'the id of a user pool: a region, "_", and letters and digits, such as us-east-1_local',
}

export const identityPoolIdForm: PoolIdForm = {
  pattern: /^[\w-]+:[0-9a-f-]+$/,
  example: 'the id of an identity pool: a region, ":" and hexadecimal digits and hyphens, such as a UUID',
}

/**
 * The id that the name of a new app client asks for: `_custom_id_:ID`.
 * @throws ApiError InvalidParameterException when it has not the form of such an id, or when the server accepts none
 */
export function customClientId(ids: CustomIds, name: string): string | undefined {
  requireClientName(ids, name)
  if (ids.fixedId !== undefined) return ids.fixedId
  if (!name.startsWith(clientNameStart)) return undefined
  const id = name.slice(clientNameStart.length)
  if (/^[\w+]{1,128}$/.test(id)) return id
  throw invalidParameter(`A ClientName that begins with ${clientNameStart} must go on with letters, digits, "_" and "+" only.`)
}

/** @throws ApiError InvalidParameterException when the name asks for an id and the server accepts none. Cognito allows no colon in names. */
export function requireClientName({ acceptsCustomIds }: CustomIds, name: string | undefined): void {
  if (acceptsCustomIds || name === undefined || !name.includes(':')) return
  const violations = new Violations()
  violations.add('clientName', 'Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+', name)
  violations.throwIfAny()
}

/**
 * @throws ApiError InvalidParameterException when rows of a deleted pool with the id remain, or when a pool with the id is being restored. They would become rows of the new pool.
 */
export async function requireRemovedPool(db: Db | Tx, id: string): Promise<void> {
  if (!(await isPoolDeleted(db, id))) return
  throw invalidParameter(
    `The user pool ${id} was deleted and its data is still being removed, or it is being restored. Try again in a minute, or take another id.`,
  )
}
