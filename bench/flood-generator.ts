import { setTimeout as delay } from 'node:timers/promises'
import type { FloodReply, FloodTask } from './flood.ts'
import { HttpConnection } from './http-connection.ts'
import { usernameOf } from './sign-ins.ts'

/** The process that flood.ts starts: it receives tasks and sends results. */
process.on('message', async (task: FloodTask) => {
  process.send?.(await run(task))
})

/** Opens a few connections at a time: a connection beyond the server's backlog seems open here, but its first request waits for seconds. */
async function openAll(url: string, count: number): Promise<HttpConnection[]> {
  const opened: HttpConnection[] = []
  while (opened.length < count) {
    const few = Array.from({ length: Math.min(250, count - opened.length) }, () => HttpConnection.open(url))
    opened.push(...(await Promise.all(few)))
    await delay(20)
  }
  return opened
}

/** Sends password sign-ins at a fixed rate, even while earlier sign-ins are not answered. */
async function run({ url, crowd, perSecond, seconds, connections = 1_000, patient = false }: FloodTask): Promise<FloodReply> {
  const accepted: number[] = []
  const shed: number[] = []
  let [failed, unsent] = [0, 0]
  const idle = await openAll(url, connections)
  const running = new Set<Promise<void>>()

  async function signIn(connection: HttpConnection): Promise<void> {
    const parameters = { USERNAME: usernameOf(Math.floor(Math.random() * crowd.users)), PASSWORD: crowd.password }
    const start = performance.now()
    try {
      const request = { ClientId: crowd.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: parameters }
      const { status } = await connection.call('InitiateAuth', request)
      const waited = performance.now() - start
      if (status === 200) accepted.push(waited)
      else if (status === 503) shed.push(waited)
      else failed++
      if (status === 503 && patient) setTimeout(() => idle.push(connection), 1000)
      else idle.push(connection)
    } catch {
      failed++
    }
  }

  function sendOne(): void {
    const connection = idle.pop()
    if (connection === undefined) {
      unsent++
      return
    }
    const started = signIn(connection).finally(() => running.delete(started))
    running.add(started)
  }

  const start = performance.now()
  for (let sent = 0, elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1000) {
    for (const due = Math.floor(elapsed * perSecond); sent < due; sent++) sendOne()
    await delay(1)
  }
  const lasted = (performance.now() - start) / 1000
  await Promise.all(running)
  for (const connection of idle) connection.close()
  return { accepted, shed, failed, unsent, seconds: lasted }
}
