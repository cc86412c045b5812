import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from './api-error.ts'

/** A NextToken: the id after which the next page begins, sealed so that callers can neither read nor forge it, and bound to `list`. */
export function writePageToken(secrets: Secrets, list: string, after: string): string {
  return secrets.seal('pagination', after, list)
}

/**
 * The id after which the page begins. Undefined for the first page.
 * @throws ApiError InvalidParameterException when the token does not belong to this list
 */
export function readPageToken(secrets: Secrets, list: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const after = secrets.open('pagination', token, list)
  if (after === undefined) throw invalidParameter('Invalid pagination token given.')
  return after.toString()
}

/** The first `size` entries of `found`, and the token of the next page if there are more. */
export function pageOf<Entry extends { readonly id: string }>(
  found: readonly Entry[],
  size: number,
  secrets: Secrets,
  list: string,
): { entries: readonly Entry[]; nextToken: string | undefined } {
  const entries = found.slice(0, size)
  const last = found.length > size ? entries.at(-1) : undefined
  return { entries, nextToken: last && writePageToken(secrets, list, last.id) }
}
