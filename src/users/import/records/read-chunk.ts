import { ApiError } from '../../../contract/api-error.ts'
import { listProviderTypes } from '../../../pools/identity-providers/identity-provider-repository.ts'
import type { Pool } from '../../../pools/pool.ts'
import { findRelyingParty } from '../../passkeys/relying-party.ts'
import { splitLines } from '../csv.ts'
import type { ImportChunk } from '../import-chunk-repository.ts'
import type { ImportDeps } from '../import-deps.ts'
import type { ImportJob } from '../import-job.ts'
import type { ImportRow } from '../read-row.ts'
import { draftRecord } from './draft-record.ts'
import { type ImportedGroup, UnreadableRecordError } from './imported-record.ts'
import type { RawRecord } from './record-attributes.ts'
import type { RecordContext } from './record-context.ts'
import { type FormatReader, type ReadRecord, type RecordFormat, type RecordOptions, readRecordsHead } from './record-format.ts'
import { openRecordOptions } from './record-options.ts'
import { readRecordText } from './record-text.ts'

/** A job whose file has records. */
export type RecordsJob = ImportJob & { readonly format: RecordFormat }

/** The result of reading a record, and its number in the file: that of its line, or that of the record in a JSON document. */
export type NumberedRecord = { readonly number: number; readonly row: ImportRow | { readonly group: ImportedGroup } }

type Parsed = { readonly number: number; readonly read: ReadRecord | { readonly problem: string }; readonly raw: RawRecord }

/** Reads the records of a chunk, and checks them by the rules of the pool. */
export async function readChunk(deps: ImportDeps, pool: Pool, job: RecordsJob, chunk: ImportChunk): Promise<readonly NumberedRecord[]> {
  const options = openRecordOptions(deps.secrets, job)
  const parse = { reader: deps.importFormats[job.format], options, head: readRecordsHead(job.header).head }
  const parsed = splitLines(chunk.lines).flatMap((line, at) => parseLine(parse, line, chunk.firstLine + at) ?? [])
  const context = await contextOf(deps, pool, { format: job.format, options }, parsed)
  return parsed.flatMap(({ number, read, raw }): NumberedRecord[] => {
    if ('problem' in read) return [{ number, row: read }]
    if (read.kind === 'nothing') return []
    if (read.kind === 'group') return [{ number, row: { group: read.group } }]
    return [{ number, row: orProblem(() => draftRecord(context, read.user, raw)) }]
  })
}

type Parse = { readonly reader: FormatReader; readonly options: RecordOptions; readonly head: string }

/** Undefined for an empty line. */
function parseLine({ reader, options, head }: Parse, line: Buffer, number: number): Parsed | undefined {
  let raw: RawRecord = {}
  const read = orProblem(() => {
    const record = readRecordText(line)
    if (record === undefined) return undefined
    raw = record
    return reader.read(record, options, head)
  })
  return read && { number, read, raw }
}

/** The result of `work`, or why the record is refused. */
function orProblem<Result>(work: () => Result): Result | { readonly problem: string } {
  try {
    return work()
  } catch (error) {
    if (error instanceof ApiError || error instanceof UnreadableRecordError) return { problem: asLogText(error.message) }
    throw error
  }
}

/** Messages may have names of members from the file, with any character. */
function asLogText(message: string): string {
  return message
    .trim()
    .replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ')
    .slice(0, 500)
}

async function contextOf(
  { db, secrets, clock, quotas, publicUrl }: ImportDeps,
  pool: Pool,
  job: Pick<RecordContext, 'format' | 'options'>,
  parsed: readonly Parsed[],
): Promise<RecordContext> {
  const users = parsed.flatMap(({ read }) => ('kind' in read && read.kind === 'user' ? [read.user] : []))
  const names = [...new Set(users.flatMap(({ identities }) => identities.map(({ provider }) => provider)))]
  const hasPasskeys = users.some(({ passkeys }) => passkeys.length > 0)
  return {
    ...job,
    pool,
    secrets,
    quotas,
    now: clock.now(),
    providers:
      names.length === 0 ? new Map() : await listProviderTypes(db, pool.id, names.filter(isProviderName).slice(0, maximumProviders)),
    relyingPartyId: hasPasskeys ? (await findRelyingParty({ db, publicUrl }, pool))?.id : undefined,
  }
}

/** Other names are those of no provider. A pool has fewer providers than this, and a statement a limited number of parameters. */
const isProviderName = (name: string): boolean => name.length <= 128
const maximumProviders = 5_000
