import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { createHeldLease, type HeldLease } from '../../storage/held-lease.ts'
import { checkFile } from './check-file.ts'
import type { Found, Ids, Kind } from './kind.ts'
import { type Call, type CallDeps, createCall } from './operation-calls.ts'
import { completeSettings, planSections, type SectionPlan, type Step } from './plan.ts'
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
  const lease = createHeldLease({ name: 'apply', holder: randomUUID() }, { db: deps.db, clock: systemClock, ttlMs: leaseMs })
  await take(lease)
  try {
    const plan = await planFiles(deps, scratch, options)
    await runSections({ call: createCall(deps), deps, prunes: options.prunes, lease }, plan.sections, {})
    return plan
  } finally {
    await lease.release()
  }
}

async function take(lease: HeldLease): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await lease.renew())) {
    if (performance.now() > deadline) throw new PoolFileError('Another process is applying files. Try again when it has ended.')
    await sleep(pollMs)
  }
}

type Run = { readonly call: Call; readonly deps: CallDeps; readonly prunes: boolean; readonly lease: HeldLease }

async function runSections(run: Run, sections: readonly SectionPlan[], within: Ids): Promise<void> {
  for (const { kind, steps, surplus } of sections) {
    // Before the others, because a pool may have only one domain of each kind.
    if (run.prunes) for (const found of surplus) await remove(run, kind, found)
    for (const step of steps) await runStep(run, step, within)
  }
}

async function remove({ call, lease }: Run, kind: Kind, { ids }: Found): Promise<void> {
  await requireLease(lease)
  await kind.remove?.(call, ids)
}

async function runStep(run: Run, step: Step, within: Ids): Promise<void> {
  const { call, deps, lease } = run
  const { desired, live, changes, sections, users } = step
  const { kind, own } = desired
  await requireLease(lease)
  const ids = await inFile(desired, async () => {
    if (live === undefined) return kind.create(call, within, own)
    if (changes.length > 0) await kind.update(call, live, completeSettings(desired, live))
    return live.ids
  })
  await runSections(run, sections, ids)
  for (const change of users) {
    if (!change.isNew && change.members.length === 0) continue
    await requireLease(lease)
    await inFile({ ...desired, path: [...desired.path, 'Users'] }, () => storeUser(deps, ids['UserPoolId'] ?? '', change))
  }
}

async function requireLease(lease: HeldLease): Promise<void> {
  if (!(await lease.renew())) throw new PoolFileError('Another process has begun to apply files. Run the command again.')
}
