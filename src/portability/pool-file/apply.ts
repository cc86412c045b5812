import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { createHeldLease, type HeldLease } from '../../storage/held-lease.ts'
import { checkFile } from './check-file.ts'
import type { Found, Ids, Kind } from './kind.ts'
import { type Call, type CallDeps, createCall } from './operation-calls.ts'
import { planSections, type SectionPlan, type Step, settingsToSend } from './plan.ts'
import { type PoolFile, PoolFileError } from './read-files.ts'
import { storeUser } from './users.ts'
import { type Desired, type DesiredSection, inFile, readWanted, type Section, tryOut } from './wanted.ts'

export type ApplyOptions = {
  readonly files: readonly PoolFile[]
  /** Whether things that are in the pools of the files, and not in the files, are deleted. */
  readonly prunes: boolean
}

export type PoolFilePlan = { readonly sections: readonly SectionPlan[] }

/** What a file is tried out with: the services of an empty database. */
type Scratch = { readonly deps: CallDeps }

/**
 * What applying the files would do.
 * @throws PoolFileError when a file has a mistake, or asks for something that is not possible
 */
export async function planFiles(deps: CallDeps, scratch: Scratch, { files }: ApplyOptions): Promise<PoolFilePlan> {
  for (const file of files) checkFile(file)
  const desired = await describe(scratch, readWanted(files))
  return { sections: await planSections({ call: createCall(deps), deps }, desired, {}) }
}

async function describe(scratch: Scratch, sections: readonly Section[]): Promise<readonly DesiredSection[]> {
  const desired = await tryOut(createCall(scratch.deps), sections)
  for (const { things } of desired) for (const thing of things) await tryOutUsers(scratch, thing)
  return desired
}

/** The users are made in the empty database as well, so that a mistake in them is found before anything changes. */
async function tryOutUsers({ deps }: Scratch, thing: Desired): Promise<void> {
  for (const [index, wanted] of thing.users.entries()) {
    await inFile({ ...thing, path: [...thing.path, 'Users', index] }, () =>
      storeUser(deps, thing.ids['UserPoolId'] ?? '', { wanted, isNew: true, members: [] }),
    )
  }
}

/** How long the lease of an `apply` that was killed keeps others waiting, in milliseconds. */
const leaseMs = 10_000
const patienceMs = 60_000
const pollMs = 100

/**
 * Plans and applies the files. Two processes that do so take turns, so that both do not create the same pool.
 * @throws PoolFileError as `planFiles`, and when another process applies files all the time
 */
export async function applyFiles(deps: CallDeps, scratch: Scratch, options: ApplyOptions): Promise<PoolFilePlan> {
  const turn = await takeTurn(createHeldLease({ name: 'apply', holder: randomUUID() }, { db: deps.db, clock: systemClock, ttlMs: leaseMs }))
  try {
    const plan = await planFiles(deps, scratch, options)
    await runSections({ call: createCall(deps), deps, prunes: options.prunes, turn }, plan.sections, {}).catch((error: unknown) => {
      if (!(error instanceof PoolFileError)) throw error
      throw new PoolFileError(`${error.message} What was done before stays. Correct the reason, and run the command again.`)
    })
    return plan
  } finally {
    await turn.end()
  }
}

type Turn = {
  /** @throws PoolFileError when another process may have taken the turn meanwhile, so that the plan may be out of date */
  require(): void
  end(): Promise<void>
}

/** Keeps the lease until the end, also while a long plan is made. */
async function takeTurn(lease: HeldLease): Promise<Turn> {
  const deadline = performance.now() + patienceMs
  while (!(await lease.renew())) {
    if (performance.now() > deadline) throw new PoolFileError('Another process is applying files. Try again when it has ended.')
    await sleep(pollMs)
  }
  let isLost = false
  const renew = async () => {
    if (!lease.isHeld()) isLost = true
    if (!isLost && !(await lease.renew())) isLost = true
  }
  const timer = setInterval(() => renew().catch(() => undefined), leaseMs / 5)
  return {
    require() {
      if (isLost || !lease.isHeld()) throw new PoolFileError('Another process has begun to apply files. Run the command again.')
    },
    async end() {
      clearInterval(timer)
      await lease.release()
    },
  }
}

type Run = { readonly call: Call; readonly deps: CallDeps; readonly prunes: boolean; readonly turn: Turn }

async function runSections(run: Run, sections: readonly SectionPlan[], within: Ids): Promise<void> {
  for (const { kind, steps, surplus } of sections) {
    // Before the others, because a pool may have only one domain of each kind.
    if (run.prunes) for (const found of surplus) await remove(run, kind, found)
    for (const step of steps) await runStep(run, step, within)
  }
}

async function remove({ call, turn }: Run, kind: Kind, { ids }: Found): Promise<void> {
  turn.require()
  try {
    await kind.remove?.(call, ids)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new PoolFileError(`${kind.section} ${Object.values(ids).join(' ')} cannot be deleted: ${error.message.trim()}`)
  }
}

async function runStep(run: Run, step: Step, within: Ids): Promise<void> {
  const { call, deps, turn } = run
  const { desired, live, isNew, changes, sections, users } = step
  const { kind, own } = desired
  turn.require()
  const ids = await inFile(desired, async () => {
    if (isNew) return kind.create(call, within, own)
    if (live !== undefined && changes.length > 0) await kind.update(call, live, settingsToSend(desired, live))
    return live?.ids ?? within
  })
  await runSections(run, sections, ids)
  for (const change of users) {
    if (!change.isNew && change.members.length === 0) continue
    turn.require()
    await inFile({ ...desired, path: [...desired.path, 'Users'] }, () => storeUser(deps, ids['UserPoolId'] ?? '', change))
  }
}
