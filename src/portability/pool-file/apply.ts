import { ApiError } from '../../contract/api-error.ts'
import { describeFiles } from './describe-files.ts'
import type { Found, Ids, Kind } from './kind.ts'
import { type Call, type CallDeps, createCall } from './operation-calls.ts'
import { completeSettings, planSections, type SectionPlan, type Step } from './plan.ts'
import { type PoolFile, PoolFileError } from './read-files.ts'
import { type Turn, takeTurn } from './turn.ts'
import { storeUser } from './users.ts'
import { inFile } from './wanted.ts'

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
  const { desired } = await describeFiles(scratch.deps, files)
  return { sections: await planSections({ call: createCall(deps), deps }, desired, {}) }
}

/**
 * Plans and applies the files. Two processes that do so take turns, so that both do not create the same pool.
 * @throws PoolFileError as `planFiles`, and when another process applies files all the time
 */
export async function applyFiles(deps: CallDeps, scratch: Scratch, options: ApplyOptions): Promise<PoolFilePlan> {
  const turn = await takeTurn(deps.db)
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
    if (live !== undefined && changes.length > 0) await kind.update(call, live, completeSettings(desired, live))
    return live?.ids ?? within
  })
  await runSections(run, sections, ids)
  for (const change of users) {
    if (!change.isNew && change.members.length === 0) continue
    turn.require()
    await inFile({ ...desired, path: [...desired.path, 'Users'] }, () => storeUser(deps, ids['UserPoolId'] ?? '', change))
  }
}
