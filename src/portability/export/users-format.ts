import type { Group } from '../../users/groups/group.ts'
import type { LeftOut } from './left-out.ts'
import type { ExportedUser } from './user-record-of.ts'

/** The formats that users are exported in. */
export const exportFormats = ['lifeguard', 'cognito-csv', 'keycloak', 'auth0'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** How a file of users is written. All texts are UTF-8, and have their own line ends. */
export type UsersFormat = {
  /** How the name of a file ends, such as `.csv`. */
  readonly extension: string
  /** The largest file, in bytes. Undefined for a single file of any size. */
  readonly maxFileBytes?: number
  begin(groups: readonly Group[]): string
  /** Undefined for a user whom the format cannot carry at all. `leftOut` gets what is lost of the user. */
  write(user: ExportedUser, leftOut: LeftOut): string | undefined
  /** What stands between two users. */
  readonly separator: string
  end(counts: { readonly groups: number; readonly users: number }): string
}
