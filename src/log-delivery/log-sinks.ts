import { threatProtectionOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { LogSink } from './log-record.ts'

/** Says which destinations get a record of a pool, so that no record is written where none does. */
export type LogSinks = {
  /** The destinations of the activity of users. */
  findForActivity(pool: Pool): Promise<readonly LogSink[]>
  /** The destinations of messages that could not be delivered. */
  findForNotifications(poolId: string): Promise<readonly LogSink[]>
}

type Options = {
  readonly pools: Pick<PoolCatalog, 'findLogsOf'>
  /** Whether records go to AWS. */
  readonly hasAws: boolean
  /** Whether records go to a file of this server. */
  readonly hasFile: boolean
}

export function createLogSinks({ pools, hasAws, hasFile }: Options): LogSinks {
  async function has(poolId: string, source: 'userNotification' | 'userAuthEvents'): Promise<boolean> {
    return hasAws && (await pools.findLogsOf(poolId)).some((log) => log.source === source)
  }
  return {
    async findForActivity(pool) {
      const sinks: LogSink[] = []
      if (await has(pool.id, 'userAuthEvents')) sinks.push('activity')
      if (threatProtectionOf(pool).eventsUrl !== undefined) sinks.push('url')
      if (hasFile) sinks.push('file')
      return sinks
    },
    findForNotifications: async (poolId) => ((await has(poolId, 'userNotification')) ? ['notification'] : []),
  }
}
