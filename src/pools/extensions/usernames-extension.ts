import type { UsernamesExtensionType } from '../../contract/generated/types.ts'

/** Who can change the username of a user who exists, and how long a former username is kept from others. */
export type UsernamesExtension = {
  /** `USERS`: users change their own usernames, and administrators change all. `NOBODY`: usernames never change, as at Cognito. */
  readonly changeableBy: 'NOBODY' | 'ADMINISTRATORS' | 'USERS'
  /** 0: a former username is free at once. */
  readonly keepFormerDays: number
}

export const fixedUsernames: UsernamesExtension = { changeableBy: 'NOBODY', keepFormerDays: 30 }

export function readUsernames({ ChangeableBy, KeepFormerDays }: UsernamesExtensionType): UsernamesExtension {
  return {
    changeableBy: ChangeableBy ?? fixedUsernames.changeableBy,
    keepFormerDays: KeepFormerDays ?? fixedUsernames.keepFormerDays,
  }
}

export function writeUsernames({ changeableBy, keepFormerDays }: UsernamesExtension): UsernamesExtensionType {
  return { ChangeableBy: changeableBy, KeepFormerDays: keepFormerDays }
}
