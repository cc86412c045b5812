import type { User } from './user.ts'

/** The attributes that ListUsers can filter by, in addition to `sub`, which is the key of the user's row. */
export const searchableAttributes = [
  'username',
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'cognito:user_status',
  'status',
] as const

export type SearchableName = (typeof searchableAttributes)[number]
export type SearchEntry = { readonly name: SearchableName; readonly key: string }

/**
 * The longest search key, in UTF-16 code units. A filter has at most 256 characters, so the rest of a longer value never matters. The limit
 * also keeps index rows small.
 */
export const longestKey = 256

/** Usernames and `status` are compared exactly, other values case-insensitively: the rule of ListUsers. */
export function searchKey(name: SearchableName, value: string): string {
  const comparable = name === 'username' || name === 'status' ? value : value.toLowerCase()
  return comparable.slice(0, longestKey).toWellFormed()
}

export function searchEntriesOf(user: User): SearchEntry[] {
  const entries: SearchEntry[] = []
  for (const name of searchableAttributes) {
    const value = searchValue(user, name)
    if (value) entries.push({ name, key: searchKey(name, value) })
  }
  return entries
}

function searchValue(user: User, name: SearchableName): string | undefined {
  if (name === 'username') return user.username
  if (name === 'status') return user.enabled ? 'Enabled' : 'Disabled'
  if (name === 'cognito:user_status') return user.status
  return user.attributes[name]
}
