import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresStage } from '../stage/postgres-stage.ts'
import type { Fault } from './fault.ts'

const killRounds = 2
const shutdownDeadlineMs = 40_000

export const nodeFaults: readonly Fault<PostgresStage>[] = [
  {
    name: 'node-killed',
    title: `kill -9 of one node after the other, ${killRounds} rounds, each started again at once`,
    isQuick: true,
    async inflict({ deployment }) {
      for (let round = 0; round < killRounds; round++) {
        for (const node of deployment.nodes) {
          await node.stop('SIGKILL')
          node.start()
          await node.ready()
        }
      }
    },
  },
  {
    name: 'rolling-restart',
    title: 'Rolling restart: SIGTERM of one node after the other, each started again when it has ended',
    async inflict({ deployment }, { note, fail }) {
      const times: number[] = []
      for (const node of deployment.nodes) {
        const started = performance.now()
        await node.stop('SIGTERM')
        times.push(performance.now() - started)
        node.start()
        await node.ready()
      }
      const longest = Math.max(...times)
      note(`the slowest node ended ${(longest / 1000).toFixed(1)} s after SIGTERM`)
      if (longest > shutdownDeadlineMs) fail('a node took too long to end')
    },
  },
  {
    name: 'start-without-database',
    title: 'One node is started while PostgreSQL is away',
    seconds: 8,
    async inflict({ database, deployment }, { seconds, note }) {
      const node = deployment.nodes.at(-1)
      await node?.stop('SIGTERM')
      await database.kill()
      node?.start()
      await delay(seconds * 1000)
      note(node?.isRunning ? 'it waited for the database' : 'it ended')
      await database.start()
    },
  },
]
