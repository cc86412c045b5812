import { parseArgs } from 'node:util'
import { type EngineName, engineNames } from './engines.ts'
import type { SignInKind } from './sign-ins.ts'

/** What to measure. */
export type Plan = {
  readonly engines: readonly EngineName[]
  readonly users: readonly number[]
  readonly kinds: readonly SignInKind[]
  readonly concurrencies: readonly number[]
  /** How long each load lasts, in whole seconds. */
  readonly seconds: number
  /** How many sign-ins of each kind precede the measurement: V8 needs about 20,000 requests until the busy functions are compiled. */
  readonly warmUpSignIns: Readonly<Record<SignInKind, number>>
  /** Whether to measure latencies at 80 % of the highest rate that was reached. */
  readonly atRate: boolean
}

const allKinds: readonly SignInKind[] = ['password', 'SRP', 'Argon2id']

const whole: Plan = {
  engines: engineNames,
  users: [1_000, 100_000],
  kinds: ['password', 'SRP'],
  concurrencies: [1, 16, 64],
  seconds: 8,
  warmUpSignIns: { password: 24_000, SRP: 12_000, Argon2id: 500 },
  atRate: true,
}

/** What `--quick` changes in the plan. Such a run takes about half a minute for each engine, and shows whether a change helped. */
const quick: Partial<Plan> = {
  users: [1_000],
  concurrencies: [32],
  seconds: 5,
  warmUpSignIns: { password: 8_000, SRP: 4_000, Argon2id: 200 },
  atRate: false,
}

export const usage = `npm run bench -- [--quick] [--engines sqlite,postgres] [--users 1000,100000] [--kinds password,SRP,Argon2id]
                 [--concurrency 1,16,64] [--seconds 8]
Argon2id is measured only if --kinds names it: the hashes of its users take long to make.`

/** @throws Error when a flag is unknown */
export function readPlan(argv: readonly string[]): Plan {
  const option = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { quick: { type: 'boolean' }, engines: option, users: option, kinds: option, concurrency: option, seconds: option },
  })
  const base = values.quick ? { ...whole, ...quick } : whole
  return {
    ...base,
    engines: values.engines === undefined ? base.engines : engineNames.filter((name) => values.engines?.split(',').includes(name)),
    users: values.users?.split(',').map(Number) ?? base.users,
    kinds: values.kinds === undefined ? base.kinds : allKinds.filter((kind) => values.kinds?.split(',').includes(kind)),
    concurrencies: values.concurrency?.split(',').map(Number) ?? base.concurrencies,
    seconds: Number(values.seconds ?? base.seconds),
  }
}
