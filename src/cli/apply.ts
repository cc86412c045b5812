import { systemClock } from '../base/clock.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { SettingsError } from '../settings.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const ownFlags: readonly SettingSpec[] = [
  {
    flag: 'plan',
    type: { kind: 'flag' },
    help: 'Print what would be done, and change nothing. The exit code is 2 when there is something to do.',
  },
  {
    flag: 'prune',
    type: { kind: 'flag' },
    help: 'Delete clients, groups, providers and the like that are in a pool of the files and not in the files. Pools, roles and users are never deleted.',
  },
]

/** The exit code of a plan with something to do. */
const differenceFound = 2

export const applyCommand: Command = {
  name: 'apply',
  operands: 'FILE|FOLDER',
  summary: 'Make pools, app clients, groups and the like as files in YAML or JSON describe them, and change only what differs.',
  ownFlags,

  async run(call) {
    const [place = ''] = readOperands(call, ownFlags, 1)
    const isPlan = readOwnFlag(call, ownFlags, 'plan')
    const prunes = readOwnFlag(call, ownFlags, 'prune')
    await withOpenedDatabase(call, ownFlags, async (database, settings) => {
      const { runApply } = await import('../run-apply.ts')
      const { text, hasWork } = await runApply({ database, settings, clock: systemClock, place, env: call.env, isPlan, prunes })
      console.log(text)
      if (isPlan && hasWork) process.exitCode = differenceFound
    }).catch((error: unknown) => {
      throw error instanceof Error && error.name === 'PoolFileError' ? new SettingsError(error.message) : error
    })
    return undefined
  },
}
