import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresStage } from '../stage/postgres-stage.ts'
import type { Fault } from './fault.ts'

const delayMs = 200

export const networkFaults: readonly Fault<PostgresStage>[] = [
  {
    name: 'network-silent',
    title: 'The network to PostgreSQL goes silent on all connections that exist; new ones work',
    seconds: 30,
    async inflict({ proxy }, { seconds, note, firstGoodOnEveryNode }) {
      const start = performance.now()
      proxy.disturb({ kind: 'silent' })
      await delay(seconds * 1000)
      const first = firstGoodOnEveryNode(start)
      note(
        first === undefined
          ? 'no good answer on every node before its end'
          : `every node answered again ${(first / 1000).toFixed(1)} s after it began`,
      )
      proxy.heal()
    },
  },
  {
    name: 'network-cut',
    title: 'The network to PostgreSQL is cut: connections are reset and refused',
    seconds: 10,
    async inflict({ proxy }, { seconds }) {
      proxy.disturb({ kind: 'cut' })
      await delay(seconds * 1000)
      proxy.heal()
    },
  },
  {
    name: 'network-slow',
    title: `The network to PostgreSQL takes ${delayMs} ms each way`,
    seconds: 10,
    async inflict({ proxy }, { seconds }) {
      proxy.disturb({ kind: 'delay', milliseconds: delayMs })
      await delay(seconds * 1000)
      proxy.heal()
    },
  },
]
