import { AdminGetUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { storeUser } from '../../users/attribute-changes.ts'
import { baseOf, draftFormerUser, type ShownUser, subOf } from '../../users/former-pool/former-user.ts'
import { type FormerRecord, findFormerRecords, markSeen, putFormerRecords } from '../../users/former-pool/former-user-repository.ts'
import { NameTakenError, storeImportedUsers } from '../../users/import/store-imported-users.ts'
import type { User } from '../../users/user.ts'
import { findSubsAmong } from '../../users/user-name-repository.ts'
import { findTakenName } from '../../users/user-names.ts'
import { lockUser } from '../../users/user-repository.ts'
import type { Copy } from './copy-context.ts'
import { mergeUser } from './merge-user.ts'
import { pagesOf } from './source.ts'

const kind = 'users'
const pageSize = 60
/** How many AdminGetUser calls run at once. */
const parallelReads = 6

/**
 * Copies all users, page by page, each page in one transaction. A user whom an earlier run has copied, and who has not changed there since,
 * costs no further call. So a copy that was killed goes on where it was when it is run again.
 */
export async function copyUsers(copy: Copy, pool: Pool): Promise<void> {
  for await (const page of userPages(copy)) await copyPage(copy, pool, page)
}

function userPages({ source, poolId }: Copy) {
  return pagesOf<ShownUser>(async (token) => {
    const answer = await source.read('lists', (client) =>
      client.send(new ListUsersCommand({ UserPoolId: poolId, Limit: pageSize, PaginationToken: token })),
    )
    return { items: answer.Users, next: answer.PaginationToken }
  })
}

/** A user as the former pool shows them, and as they would be stored here. */
type Candidate = { readonly there: User; readonly record: FormerRecord | undefined; readonly app: string }

async function copyPage(copy: Copy, pool: Pool, page: readonly ShownUser[]): Promise<void> {
  const { deps, poolId, run, isPlan } = copy
  const subs = page.flatMap((shown) => subOf(shown) ?? [])
  const records = await findFormerRecords(deps.db, poolId, subs)
  const unchanged = page.filter((shown) => records.get(subOf(shown) ?? '')?.updatedAt === changedAt(shown))
  for (const _ of unchanged) copy.report.count(kind, 'unchanged')
  const changed = page.filter((shown) => !unchanged.includes(shown))
  const candidates = (await inParallel(changed, (shown) => readCandidate(copy, pool, shown, records))).flatMap((each) => each ?? [])
  if (isPlan) {
    for (const { record } of candidates) copy.report.count(kind, record === undefined ? 'created' : 'changed')
    return
  }
  const store = (checksNames: boolean) =>
    deps.db.transaction().execute(async (tx) => {
      await markSeen(tx, poolId, subs, run)
      const created = await createUsers(copy, tx, pool, {
        candidates: candidates.filter(({ record }) => record === undefined),
        checksNames,
      })
      const merged: (() => void)[] = []
      for (const candidate of candidates) {
        if (candidate.record !== undefined) merged.push(await mergeHere(copy, tx, pool, candidate.there, candidate.record))
      }
      return [created, ...merged]
    })
  const reports = await store(false).catch((error: unknown) => {
    if (error instanceof NameTakenError) return store(true)
    throw error
  })
  // The report counts what was committed.
  for (const report of reports) report()
}

const changedAt = (shown: ShownUser): number | undefined => shown.UserLastModifiedDate?.getTime()

async function readCandidate(
  copy: Copy,
  pool: Pool,
  listed: ShownUser,
  records: ReadonlyMap<string, FormerRecord>,
): Promise<Candidate | undefined> {
  const { source, poolId, report, deps } = copy
  const what = `user ${listed.Username}`
  // Lists do not show MFA preferences. In a pool without MFA they have no effect.
  const detailed =
    pool.mfa === 'OFF'
      ? undefined
      : await readDetails(copy, what, () =>
          source.read('users', (client) => client.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: listed.Username }))),
        )
  if (pool.mfa !== 'OFF' && detailed === undefined) return undefined
  const shown: ShownUser = { ...listed, ...detailed, Attributes: detailed?.UserAttributes ?? listed.Attributes }
  const sub = subOf(shown)
  if (sub === undefined) {
    report.count(kind, 'notCopied')
    report.fail(what, 'the former pool shows no valid sub')
    return undefined
  }
  try {
    const { user: there, app } = draftFormerUser(pool, shown, deps.clock.now())
    return { there, record: records.get(sub), app }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    report.count(kind, 'notCopied')
    report.fail(what, error.message.trim())
    return undefined
  }
}

/** Undefined for a user who was deleted there since the page was read. Without the right to read users, a copy would lose second factors. */
async function readDetails(copy: Copy, what: string, read: () => Promise<ShownUser>): Promise<ShownUser | undefined> {
  try {
    return await read()
  } catch (error) {
    if ((error as Error).name !== 'UserNotFoundException') throw error
    copy.report.fail(what, 'the user was deleted there during the copy')
    return undefined
  }
}

type NewUsers = { readonly candidates: readonly Candidate[]; readonly checksNames: boolean }

async function createUsers(copy: Copy, tx: Tx, pool: Pool, { candidates, checksNames }: NewUsers): Promise<() => void> {
  const { report, poolId } = copy
  const known = new Set(
    await findSubsAmong(
      tx,
      poolId,
      candidates.map(({ there }) => there.sub),
    ),
  )
  const rows = candidates.map(({ there }) =>
    known.has(there.sub) ? { problem: 'A user with this sub is here already, and was not copied.' } : { user: there },
  )
  const results = await storeImportedUsers(tx, pool, rows, { checksNames })
  const stored = candidates.filter((_, at) => results[at]?.outcome === 'SUCCEEDED')
  await putFormerRecords(
    tx,
    poolId,
    stored.map(({ there }) => recordOf(copy, there)),
  )
  return () => {
    for (const [at, { there, app }] of candidates.entries()) {
      const result = results[at]
      if (result?.outcome === 'SUCCEEDED') {
        report.count(kind, 'created')
        noteApp(copy, there, app)
      } else {
        report.count(kind, 'notCopied')
        report.fail(`user ${there.username}`, result?.message ?? 'unknown')
      }
    }
  }
}

async function mergeHere(copy: Copy, tx: Tx, pool: Pool, there: User, record: FormerRecord): Promise<() => void> {
  const { report } = copy
  const here = await lockUser(tx, pool.id, there.sub)
  const what = `user ${there.username}`
  if (here === undefined) return () => report.fail(what, 'the user was deleted here')
  const { user, conflicts } = mergeUser(here, there, record.base)
  const taken = await findTakenName(tx, pool, user)
  if (taken !== undefined) {
    return () => {
      report.count(kind, 'notCopied')
      report.fail(what, `another user has the new ${taken}`)
    }
  }
  await storeUser(tx, pool, here, user)
  await putFormerRecords(tx, pool.id, [{ ...recordOf(copy, there), hasPassword: record.hasPassword || there.password !== null }])
  return () => {
    report.count(kind, 'changed')
    for (const name of conflicts) report.conflict(`${what}: ${name.replace(/^attribute:/, '')}`, 'the value of this server was kept')
  }
}

function recordOf({ run }: Copy, there: User): FormerRecord {
  return { sub: there.sub, updatedAt: there.updatedAt, seenIn: run, base: baseOf(there), hasPassword: there.password !== null }
}

function noteApp({ report }: Copy, { username }: User, app: string): void {
  if (app === 'none') return
  report.count('users with an authenticator app', 'created')
  if (app !== 'only-factor') return
  report.note(
    `User ${username} has only an authenticator app: they prove it at the first sign-in, or reset the password, and set up an app.`,
  )
}

async function inParallel<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (let at = 0; at < items.length; at += parallelReads) {
    results.push(...(await Promise.all(items.slice(at, at + parallelReads).map(work))))
  }
  return results
}
