import type { ExportedUser } from './user-record-of.ts'

/** What the formats of other systems cannot carry. The texts complete "12 users: …". */
export const leftOutTexts = {
  'user-disabled': 'the whole user, who is disabled: the import would enable the user',
  'user-unconfirmed': 'the whole user, who is not confirmed: the import would confirm the user',
  'user-of-provider': 'the whole user, who came from an identity provider and has no password',
  'user-without-address': 'the whole user, who has no verified address: the import refuses such a user',
  'user-without-email': 'the whole user, who has no e-mail address: the import refuses such a user',
  'user-too-large': 'the whole user, whose data is larger than the import takes',
  'user-name': 'the whole user, whose username the import refuses',
  sub: 'the sub: the import gives the user a new one',
  username: 'the username, which the other system would refuse',
  status: 'the status',
  attributes: 'an attribute whose value or name the other system would refuse',
  'password-srp': 'the password, which is kept as a verifier of SRP',
  'password-algorithm': 'the password, whose hash the other system does not take',
  'password-temporary': 'the temporary password',
  'password-reset': 'the password, which has to be reset',
  'password-history': 'the former passwords',
  groups: 'the groups',
  'mfa-preferences': 'the activated second factors',
  totp: 'the authenticator app',
  passkeys: 'the passkeys',
  devices: 'the devices',
  identities: 'the accounts at identity providers',
  merged: 'the names of users who were merged into this one',
} as const

export type LeftOutCode = keyof typeof leftOutTexts

/** The most users that a report names for each code. */
const maxNamed = 10

export type LeftOutEntry = {
  readonly code: LeftOutCode
  readonly text: string
  readonly users: number
  /** The `sub` of the first of these users. No other data of a user is in a report. */
  readonly firstSubs: readonly string[]
}

/** Counts what could not be exported. */
export type LeftOut = {
  add(code: LeftOutCode, user: ExportedUser): void
  entries(): readonly LeftOutEntry[]
}

export function createLeftOut(): LeftOut {
  const found = new Map<LeftOutCode, { users: number; lastSub: string; readonly firstSubs: string[] }>()
  return {
    add(code, { sub }) {
      const entry = found.get(code) ?? { users: 0, lastSub: '', firstSubs: [] }
      found.set(code, entry)
      // A user whom several attributes are left out of counts once. The users come one after the other.
      if (entry.lastSub === sub) return
      entry.users++
      entry.lastSub = sub
      if (entry.firstSubs.length < maxNamed) entry.firstSubs.push(sub)
    },
    entries: () => [...found].map(([code, { users, firstSubs }]) => ({ code, text: leftOutTexts[code], users, firstSubs })),
  }
}

/** Adds what no other system takes. */
export function leaveOutPrivateParts(leftOut: LeftOut, user: ExportedUser): void {
  if (user.devices !== undefined) leftOut.add('devices', user)
  if (user.mergedNames !== undefined) leftOut.add('merged', user)
}
