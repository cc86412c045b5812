import { joinLoads, LoadGenerator, type LoadResult, type LoadSlice, type Pressure } from './load.ts'
import type { Plan } from './plan.ts'
import { createFloorMeter, passwordFloor, srpFloor } from './powers.ts'
import type { ServerProcess } from './server-process.ts'
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

/** Puts a server, which it stops in the end, under the plan's loads, one after the other. */
export async function measureServer(plan: Plan, server: ServerProcess, crowd: Crowd, tell: (figures: Figures) => void): Promise<void> {
  const generator = new LoadGenerator()

  /** The load in slices of a second, each between two rounds of the floor. */
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
    const floorMilliseconds = kind === 'password' ? passwordFloor(meter.floor()) : srpFloor(meter.floor())
    const efficiency = floorMilliseconds / cpuMilliseconds
    tell({ kind, pressure: name, load, cpuMilliseconds, floorMilliseconds, efficiency, residentMegabytes: after.residentMegabytes })
    return load
  }

  /** With looks at the figures in between, as a monitor takes them all day: the first one makes V8 throw compiled code away. */
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
