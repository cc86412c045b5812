import type { Encrypter } from 'age-encryption'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { HashAlgorithm } from '../../users/passwords/imported-hash.ts'
import { auth0Format } from './auth0-format.ts'
import { cognitoCsvFormat } from './cognito-csv-format.ts'
import { keycloakFormat } from './keycloak-format.ts'
import type { LeftOutEntry } from './left-out.ts'
import { lifeguardFormat } from './lifeguard-format.ts'
import { OutputError, openOutputFile, openStandardOutput } from './output-file.ts'
import { readGroups, readUsers } from './read-users.ts'
import type { ExportFormat, UsersFormat } from './users-format.ts'
import { numberedName, writeUsers } from './write-users.ts'

export type ExportInput = {
  readonly pool: Pool
  readonly format: ExportFormat
  /** The algorithm of the hashes in Cognito's file. Undefined: no hashes. */
  readonly hash: HashAlgorithm | undefined
  /** The path of the file; `-` for the standard output; undefined for a name that is made of the pool's id. */
  readonly out: string | undefined
  /** Seals each file with age. Undefined: the files are in clear. */
  readonly encrypter: Encrypter | undefined
  readonly onPage: (users: number) => void
}

/** What an export did. Apart from a `sub`, it has no personal data. */
export type ExportReport = {
  readonly userPoolId: string
  readonly format: ExportFormat
  readonly users: number
  readonly files: readonly string[]
  /** What the format could not carry. */
  readonly leftOut: readonly LeftOutEntry[]
}

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock }

/**
 * Writes the users of a pool into a file, with their secrets. An audit record is stored before the first secret is read.
 *
 * @throws OutputError when the output cannot be written
 */
export async function exportUsers(deps: Deps, input: ExportInput): Promise<ExportReport> {
  const { pool, encrypter } = input
  const format = formatOf(input, deps.clock.now())
  const out = input.out ?? `${pool.id}${format.extension}${encrypter === undefined ? '' : '.age'}`
  if (out === '-' && format.maxFileBytes !== undefined) {
    throw new OutputError(`--out: the format ${input.format} is written into several files. Give the name of a file.`)
  }
  await recordExport(deps, input)
  const files: string[] = []
  const open = (number: number | undefined) => {
    if (out === '-') return openStandardOutput(encrypter)
    files.push(numberedName(out, number))
    return openOutputFile(numberedName(out, number), encrypter)
  }
  const groups = await readGroups(deps.db, pool.id)
  const written = await writeUsers({ format, groups, pages: readUsers(deps, pool), open, onPage: input.onPage })
  return { userPoolId: pool.id, format: input.format, users: written.users, files, leftOut: written.leftOut }
}

function formatOf({ pool, format, hash }: ExportInput, now: number): UsersFormat {
  switch (format) {
    case 'lifeguard':
      return lifeguardFormat(pool, now)
    case 'cognito-csv':
      return cognitoCsvFormat(pool, hash)
    case 'keycloak':
      return keycloakFormat(pool)
    case 'auth0':
      return auth0Format()
  }
}

async function recordExport({ db, clock }: Deps, { pool, format, hash, encrypter }: ExportInput): Promise<void> {
  const details = [
    `format: ${format}`,
    ...(hash === undefined ? [] : [`hashes: ${hash}`]),
    `sealed: ${encrypter === undefined ? 'no' : 'yes'}`,
  ]
  await db
    .transaction()
    .execute((tx) => recordCommand(tx, clock, { operation: 'ExportUsers', poolId: pool.id, subject: pool.id, detail: details.join('; ') }))
}
