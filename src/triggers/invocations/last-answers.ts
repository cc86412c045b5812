import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { TriggerTarget } from '../../pools/trigger-settings.ts'
import { triggerTargetOf } from '../../pools/trigger-target.ts'
import type { Db } from '../../storage/db.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { JsonObject, TriggerCall } from '../trigger.ts'
import { createBatchWriter } from './batch-writer.ts'
import { findLastAnswer, type LastAnswer, saveLastAnswers } from './last-answer-repository.ts'

/** The last good responses of functions, for each user, app client and trigger. */
export type LastAnswers = {
  /** Saves the `response` of an answer in place of the last one. Does nothing when the call has no user or no app client. */
  save(call: TriggerCall, answer: unknown): void
  find(call: TriggerCall): Promise<JsonObject | undefined>
  flush(): Promise<void>
}

type Options = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly logger: Pick<Logger, 'error'> }

export function createLastAnswers({ db, secrets, clock, logger }: Options): LastAnswers {
  const writer = createBatchWriter<LastAnswer>({
    what: 'The last answers of triggers',
    logger,
    write: (answers) => db.transaction().execute((tx) => saveLastAnswers(tx, answers)),
  })
  return {
    save(call, answer) {
      const key = keyOf(call)
      if (key === undefined) return
      const text = JSON.stringify((answer as { response: unknown }).response)
      writer.add({ ...key, response: secrets.seal('trigger-answer', text, contextOf(call)), answeredAt: clock.now() })
    },

    async find(call) {
      const key = keyOf(call)
      if (key === undefined) return undefined
      await writer.flush()
      const sealed = await findLastAnswer(db, key)
      const text = sealed === undefined ? undefined : secrets.open('trigger-answer', sealed, contextOf(call))
      return text === undefined ? undefined : (JSON.parse(text.toString()) as JsonObject)
    },

    flush: writer.flush,
  }
}

/** The key under which the answer to a call is saved. Undefined when the call has no user or no app client: such an answer is not saved. */
function keyOf({ pool, sub, clientId, trigger }: TriggerCall) {
  return sub === undefined || clientId === undefined ? undefined : { poolId: pool.id, sub, clientId, trigger }
}

/** The context of the sealed answer. It holds the event version: an answer to another version has other members and must not open. */
function contextOf({ pool, sub, clientId, trigger }: TriggerCall): string {
  return sealContext([pool.id, sub, clientId, trigger], triggerTargetOf(pool, trigger)?.version ?? 'V1_0')
}

const sealContext = (key: readonly (string | undefined)[], version: EventVersion): string => [...key, version].join(' ')

type EventVersion = NonNullable<TriggerTarget['version']>
const eventVersions: readonly EventVersion[] = ['V1_0', 'V2_0', 'V3_0']

export const sealedAnswers = sealedTable('trigger_answer', {
  key: ['pool_id', 'sub', 'client_id', 'trigger'],
  columns: {
    response(secrets, sealed, row) {
      const contexts = eventVersions.map((version) => sealContext([row.pool_id, row.sub, row.client_id, row.trigger], version))
      // The pool may use another event version by now than the one that the answer was sealed with.
      const context = contexts.find((each) => secrets.open('trigger-answer', sealed, each) !== undefined)
      return secrets.reseal('trigger-answer', sealed, context)
    },
  },
})
