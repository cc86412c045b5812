import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'

/** A NextToken: says behind which entry the next page begins, in a form the caller can neither read nor make. `list` tells which list. */
function writePageToken(secrets: Secrets, list: string, after: string): string {
  return secrets.seal('pagination', after, list)
}

/** Undefined for the first page. Throws InvalidParameterException when the token is not of this list. */
export function readPageToken(secrets: Secrets, list: string, token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const after = secrets.open('pagination', token, list)
  if (after === undefined) throw invalidParameter('Invalid pagination token given.')
  return after.toString()
}

/** The first `size` of `found`, and the token of the next page if more was found than that. */
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
