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

/** What one run does, as its flags say: the faults to try, for how long, and where the results go. */
export type Plan = {
  readonly postgres: readonly Fault<PostgresStage>[]
  readonly sqlite: readonly Fault<SqliteStage>[]
  /** The duration of all faults that have one; undefined when each fault has its own duration. */
  readonly seconds: number | undefined
  /** The document whose table is updated; undefined for none. */
  readonly markdown: string | undefined
  readonly isListOnly: boolean
}

export const usage = `npm run chaos -- [--list] [--quick] [--only NAME,NAME] [--seconds N] [--markdown FILE]

  --list           list the faults
  --quick          try a few faults, in less than a minute
  --only NAMES     try these faults
  --seconds N      duration of faults that have one
  --markdown FILE  also write the rows into the table between the markers of this document`

const quickSeconds = 3

/** @throws Error when a flag is unknown or its value is wrong */
export function readPlan(argv: readonly string[]): Plan {
  const flag = { type: 'boolean', default: false } as const
  const option = { type: 'string' } as const
  const options = { list: flag, quick: flag, only: option, seconds: option, markdown: option }
  const { values } = parseArgs({ args: [...argv], options })
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !faultNames.includes(name))
  if (unknown !== undefined) throw new Error(`There is no fault ${unknown}. Faults: ${faultNames.join(', ')}.`)
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds >= 1 && seconds <= 600)) throw new Error('--seconds must be a number from 1 to 600.')
  const isChosen = ({ name, isQuick }: Pick<Fault, 'name' | 'isQuick'>) => only?.includes(name) ?? (!values.quick || isQuick === true)
  return {
    postgres: postgresFaults.filter(isChosen),
    sqlite: sqliteFaults.filter(isChosen),
    seconds: seconds ?? (values.quick ? quickSeconds : undefined),
    markdown: values.markdown,
    isListOnly: values.list,
  }
}
