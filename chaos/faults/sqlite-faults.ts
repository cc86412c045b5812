import { setTimeout as delay } from 'node:timers/promises'
import type { SqliteStage } from '../stage/sqlite-stage.ts'
import type { Fault } from './fault.ts'

const killRounds = 5
const writingMs = 1000
const startDeadlineMs = 10_000

const withoutVolume = ({ volume }: SqliteStage) => (typeof volume === 'string' ? volume : undefined)

export const sqliteFaults: readonly Fault<SqliteStage>[] = [
  {
    name: 'sqlite-killed',
    title: `SQLite: kill -9 under writes, ${killRounds} times, started again at once`,
    isQuick: true,
    async inflict({ node }) {
      for (let round = 0; round < killRounds; round++) {
        await node.stop('SIGKILL')
        node.start()
        await node.ready()
        if (round < killRounds - 1) await delay(writingMs)
      }
    },
  },
  {
    name: 'sqlite-disk-full',
    title: 'SQLite: the disk is full',
    seconds: 20,
    skipReason: withoutVolume,
    async inflict({ volume }, { seconds }) {
      if (typeof volume === 'string') return
      volume.fill()
      await delay(seconds * 1000)
      volume.free()
    },
  },
  {
    name: 'sqlite-read-only',
    title: 'SQLite: the node is restarted on a volume that has become read-only, and again on a writable one',
    skipReason: withoutVolume,
    async inflict({ node, volume }, { note, fail }) {
      if (typeof volume === 'string') return
      await node.stop('SIGTERM')
      volume.setReadOnly(true)
      node.start()
      const outcome = await Promise.race([
        node.ready().then(
          () => 'ready',
          () => 'refused',
        ),
        delay(startDeadlineMs, 'not ready'),
      ])
      node.takeUnexpectedExits()
      await node.stop('SIGKILL')
      volume.setReadOnly(false)
      if (outcome === 'ready') fail('the node called itself ready on a read-only database')
      note(outcome === 'refused' ? 'it refused to start' : `it was ${outcome}`)
      node.start()
    },
  },
]
