import type { ImportedGroup, ImportedRecord } from './imported-record.ts'

/** The formats of files of records. `LIFEGUARD` is the users file of docs/users-file.md. */
export type RecordFormat = 'LIFEGUARD' | 'AUTH0' | 'FIREBASE' | 'KEYCLOAK' | 'FUSIONAUTH' | 'KRATOS'

/** The parameters of Firebase's scrypt. They belong to the project, and an export of users does not contain them. */
export type FirebaseHash = {
  /** base64; a secret */
  readonly signerKey: string
  /** base64 */
  readonly saltSeparator: string
  readonly rounds: number
  readonly memoryCost: number
}

/** How the records of a job are read. */
export type RecordOptions = {
  /** Paths of members, such as `user_metadata.color`, and the attributes for their values. An empty name leaves the member out. */
  readonly attributes: readonly (readonly [path: string, name: string])[]
  /** Whether values without an attribute in the pool are left out. Otherwise their record is refused. */
  readonly ignoreUnknown: boolean
  /** The attribute for ids of the other system that cannot be a `sub`. Undefined: they are left out. */
  readonly idAttribute: string | undefined
  /** Whether roles of the other system become groups. */
  readonly rolesAsGroups: boolean
  /** The relying party of passkeys in formats that do not say it. */
  readonly relyingPartyId: string | undefined
  readonly firebaseHash: FirebaseHash | undefined
}

/** What a record is. `nothing` is a line without a user or group, such as the last one of a users file. */
export type ReadRecord =
  | { readonly kind: 'user'; readonly user: ImportedRecord }
  | { readonly kind: 'group'; readonly group: ImportedGroup }
  | { readonly kind: 'nothing' }

/** Reads the records of one format. */
export type FormatReader = {
  /**
   * The name of the member that has the list of users, in a file that is one JSON object. Undefined for a format whose files have one
   * JSON object on each line. A file of any format but `LIFEGUARD` may also be one JSON array.
   */
  readonly usersMember: string | undefined
  /**
   * Checks the first line of the file, in a format where it is no record. Returns why the file cannot be read.
   */
  readonly checkHead?: (head: string) => string | undefined
  /**
   * Reads one record.
   * @param head the first line of the file, in a format where it is no record
   * @throws UnreadableRecordError
   */
  read(record: Readonly<Record<string, unknown>>, options: RecordOptions, head: string): ReadRecord
}

/** The readers of all formats. They are in `portability/`, and the composition root hands them in. */
export type FormatReaders = Readonly<Record<RecordFormat, FormatReader>>

/** How the records of an uploaded file lie in it. It takes the place of the header of a CSV file. */
export type RecordsHead = {
  /** Whether each record has a line of its own; otherwise the file is one JSON document. */
  readonly isLines: boolean
  /** The first line, in a format where it is no record; otherwise empty. */
  readonly head: string
}

export const writeRecordsHead = (head: RecordsHead): string => JSON.stringify(head)
export const readRecordsHead = (text: string | null): RecordsHead =>
  text === null ? { isLines: true, head: '' } : (JSON.parse(text) as RecordsHead)
