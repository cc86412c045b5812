import { joinLoads, LoadGenerator, type LoadResult, type LoadSlice, type Pressure } from './load.ts'
import type { Plan } from './plan.ts'
import { argon2Floor, createFloorMeter, passwordFloor, srpFloor } from './powers.ts'
import type { ServerProcess } from './server-process.ts'
import type { Crowd, SignInKind } from './sign-ins.ts'

/** The results of one load on one server. */
export type Figures = {
  readonly kind: SignInKind
  readonly pressure: string
  readonly load: LoadResult
  /** User and system time of all threads of the server process, for one sign-in. */
  readonly cpuMilliseconds: number
  /** The processor time of the cryptography alone, for one sign-in; see `passwordFloor`, `srpFloor` and `argon2Floor`. */
  readonly floorMilliseconds: number
  /** `floorMilliseconds` divided by `cpuMilliseconds`. */
  readonly efficiency: number
  readonly residentMegabytes: number
}

const floorOf = { password: passwordFloor, SRP: srpFloor, Argon2id: argon2Floor }

/** Latencies are measured at this share of the highest rate that was reached. */
const rateShare = 0.8

/** Measures a server under the loads of the plan, one after the other, and stops it at the end. */
export async function measureServer(plan: Plan, server: ServerProcess, crowd: Crowd, report: (figures: Figures) => void): Promise<void> {
  const generator = new LoadGenerator()

  /** Runs the load in slices of one second. A round of the floor meter (see `FloorMeter`) precedes and follows each slice. */
  async function measure(kind: SignInKind, pressure: Pressure, name: string): Promise<LoadResult> {
    const meter = await createFloorMeter()
    const slices: LoadSlice[] = []
    const before = await server.usage()
    await meter.round()
    for (let second = 0; second < plan.seconds; second++) {
      slices.push(await generator.run({ url: server.url, kind, crowd, pressure, seconds: 1 }))
      await meter.round()
    }
    const after = await server.usage()
    const load = joinLoads(slices)
    const cpuMilliseconds = (after.cpuMilliseconds - before.cpuMilliseconds) / load.signIns
    const floorMilliseconds = floorOf[kind](meter.floor())
    const efficiency = floorMilliseconds / cpuMilliseconds
    report({ kind, pressure: name, load, cpuMilliseconds, floorMilliseconds, efficiency, residentMegabytes: after.residentMegabytes })
    return load
  }

  /**
   * Runs sign-ins until V8 has compiled the busy functions. Also reads the metrics, as a monitor does all day: the first reading makes V8
   * discard compiled code, which must not happen during the measurement.
   */
  async function warmUp(kind: SignInKind): Promise<void> {
    for (let done = 0; done < plan.warmUpSignIns[kind]; ) {
      const { latencies } = await generator.run({ url: server.url, kind, crowd, pressure: { concurrency: 16 }, seconds: 1 })
      done += latencies.length
      await server.usage()
    }
  }

  try {
    for (const kind of plan.kinds) {
      await warmUp(kind)
      let most = 0
      for (const concurrency of plan.concurrencies) {
        const load = await measure(kind, { concurrency }, `${concurrency} at a time`)
        most = Math.max(most, load.signIns / load.seconds)
      }
      if (plan.atRate) await measure(kind, { perSecond: most * rateShare }, `${(most * rateShare).toFixed(0)} a second`)
    }
  } finally {
    generator.close()
    await server.stop()
  }
}
