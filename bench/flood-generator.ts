import { setTimeout as delay } from 'node:timers/promises'
import type { FloodReply, FloodTask } from './flood.ts'
import { HttpConnection } from './http-connection.ts'
import { usernameOf } from './sign-ins.ts'

/** The far side of flood.ts. */
process.on('message', async (task: FloodTask) => {
  process.send?.(await run(task))
})

/** Open before the first sign-in, so that no sign-in waits for one. */
const connectionCount = 1_000

/** Password sign-ins at a fixed rate, whether those before them are answered or not. */
async function run({ url, crowd, perSecond, seconds }: FloodTask): Promise<FloodReply> {
  const accepted: number[] = []
  const shed: number[] = []
  let [failed, unsent] = [0, 0]
  const idle = await Promise.all(Array.from({ length: connectionCount }, () => HttpConnection.open(url)))
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
      idle.push(connection)
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
