import { parseArgs } from 'node:util'
import { databaseFaults } from './faults/database-faults.ts'
import type { Fault } from './faults/fault.ts'
import { networkFaults } from './faults/network-faults.ts'
import { nodeFaults } from './faults/node-faults.ts'
import { overload } from './faults/overload.ts'
import { sqliteFaults } from './faults/sqlite-faults.ts'
import { listenerLost } from './faults/staleness.ts'
import type { PostgresStage } from './stage/postgres-stage.ts'
import type { SqliteStage } from './stage/sqlite-stage.ts'

const postgresFaults = [...databaseFaults, ...networkFaults, ...nodeFaults, listenerLost, overload]

export const faultNames: readonly string[] = [...postgresFaults, ...sqliteFaults].map(({ name }) => name)

/** What to try. */
export type Plan = {
  readonly postgres: readonly Fault<PostgresStage>[]
  readonly sqlite: readonly Fault<SqliteStage>[]
  /** How long faults last that have a length, if not as each says. */
  readonly seconds: number | undefined
  /** The document whose table gets the rows. */
  readonly markdown: string | undefined
  readonly isListOnly: boolean
}

export const usage = `npm run chaos -- [--list] [--quick] [--only NAME,NAME] [--seconds N] [--markdown FILE]

  --list           say which faults there are
  --quick          try a few of them, in less than a minute
  --only NAMES     try these
  --seconds N      let faults that have a length last so long
  --markdown FILE  put the rows into the table between the markers of this document, too`

const quickSeconds = 3

/** Throws when the flags are not understood. */
export function readPlan(argv: readonly string[]): Plan {
  const flag = { type: 'boolean', default: false } as const
  const option = { type: 'string' } as const
  const options = { list: flag, quick: flag, only: option, seconds: option, markdown: option }
  const { values } = parseArgs({ args: [...argv], options })
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !faultNames.includes(name))
  if (unknown !== undefined) throw new Error(`There is no fault ${unknown}. There are: ${faultNames.join(', ')}.`)
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds >= 1 && seconds <= 600)) throw new Error('--seconds is a number from 1 to 600.')
  const isChosen = ({ name, isQuick }: Pick<Fault, 'name' | 'isQuick'>) => only?.includes(name) ?? (!values.quick || isQuick === true)
  return {
    postgres: postgresFaults.filter(isChosen),
    sqlite: sqliteFaults.filter(isChosen),
    seconds: seconds ?? (values.quick ? quickSeconds : undefined),
    markdown: values.markdown,
    isListOnly: values.list,
  }
}
