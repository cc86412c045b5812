import { LoadGenerator, type LoadResult, type Pressure } from './load.ts'
import type { Plan } from './plan.ts'
import { type Floor, measureFloor, passwordFloor, srpFloor } from './powers.ts'
import { type ServerOptions, ServerProcess } from './server-process.ts'
import type { Crowd, SignInKind } from './sign-ins.ts'

/** What one load of one server gave. */
export type Figures = {
  readonly kind: SignInKind
  readonly pressure: string
  readonly load: LoadResult
  /** User and system time of the server process, all its threads. */
  readonly cpuMilliseconds: number
  readonly floorMilliseconds: number
  readonly efficiency: number
  readonly residentMegabytes: number
}

/** The share of the most that was reached at which waiting times are looked at. */
const rateShare = 0.8

/** Starts a server on a filled database and puts it under the plan's loads, one after the other. */
export async function measureServer(plan: Plan, options: ServerOptions, crowd: Crowd, tell: (figures: Figures) => void): Promise<void> {
  const server = await ServerProcess.start(options)
  const generator = new LoadGenerator()

  async function measure(kind: SignInKind, floor: Floor, pressure: Pressure, name: string): Promise<LoadResult> {
    const before = await server.usage()
    const load = await generator.run({ url: server.url, kind, crowd, pressure, seconds: plan.seconds })
    const after = await server.usage()
    const cpuMilliseconds = (after.cpuMilliseconds - before.cpuMilliseconds) / load.signIns
    const floorMilliseconds = kind === 'password' ? passwordFloor(floor) : srpFloor(floor)
    const efficiency = floorMilliseconds / cpuMilliseconds
    tell({ kind, pressure: name, load, cpuMilliseconds, floorMilliseconds, efficiency, residentMegabytes: after.residentMegabytes })
    return load
  }

  try {
    for (const kind of plan.kinds) {
      await generator.run({ url: server.url, kind, crowd, pressure: { concurrency: 16 }, seconds: plan.warmUpSeconds })
      // Beside the figures it is compared with: a machine that is shared, or grows warm, is not the same all day.
      const floor = await measureFloor()
      let most = 0
      for (const concurrency of plan.concurrencies) {
        const load = await measure(kind, floor, { concurrency }, `${concurrency} at a time`)
        most = Math.max(most, load.signIns / load.seconds)
      }
      if (plan.atRate) await measure(kind, floor, { perSecond: most * rateShare }, `${(most * rateShare).toFixed(0)} a second`)
    }
  } finally {
    generator.close()
    await server.stop()
  }
}
