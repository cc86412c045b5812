import { setTimeout as delay } from 'node:timers/promises'
import { HttpConnection } from './http-connection.ts'
import type { LoadReply, LoadSlice, LoadTask } from './load.ts'
import { type SignIn, signInOf } from './sign-ins.ts'

/** The process that load.ts starts: it receives tasks and sends results. */
process.on('message', async (task: LoadTask) => {
  const reply = await run(task).then(
    (result): LoadReply => ({ result }),
    (error): LoadReply => ({ error: error instanceof Error ? error.message : String(error) }),
  )
  process.send?.(reply)
})

async function run(task: LoadTask): Promise<LoadSlice> {
  const signIn = signInOf(task.kind, task.crowd)
  const start = performance.now()
  const { pressure } = task
  const latencies =
    'concurrency' in pressure ? await runSteadily(task, signIn, pressure.concurrency) : await runAtRate(task, signIn, pressure.perSecond)
  return { seconds: (performance.now() - start) / 1000, latencies }
}

async function runSteadily({ url, seconds }: LoadTask, signIn: SignIn, concurrency: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000
  const latencies: number[] = []
  const lane = async () => {
    const connection = new HttpConnection(url)
    while (performance.now() < end) latencies.push(await signIn(connection))
    connection.close()
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return latencies
}

/** Begins sign-ins at random moments (a Poisson process), whether earlier ones are done or not, as real users do. */
async function runAtRate({ url, seconds }: LoadTask, signIn: SignIn, perSecond: number): Promise<number[]> {
  const latencies: number[] = []
  const idle: HttpConnection[] = []
  const running = new Set<Promise<void>>()

  async function one(): Promise<void> {
    const connection = idle.pop() ?? new HttpConnection(url)
    latencies.push(await signIn(connection))
    idle.push(connection)
  }

  const end = performance.now() + seconds * 1000
  for (let due = performance.now(); due < end; due += (-Math.log(1 - Math.random()) / perSecond) * 1000) {
    const left = due - performance.now()
    if (left > 0) await delay(left)
    const started = one().finally(() => running.delete(started))
    running.add(started)
  }
  await Promise.all(running)
  for (const connection of idle) connection.close()
  return latencies
}
