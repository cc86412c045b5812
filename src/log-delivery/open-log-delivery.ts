import { resolve } from 'node:path'
import { readWebhookSecret } from '../base/webhook-signature.ts'
import { isLoopbackHost } from '../loopback.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { Settings } from '../settings.ts'
import { createAwsClients } from './destinations/aws-clients.ts'
import { createFileDestination } from './destinations/file-destination.ts'
import { createDestinationFinder } from './destinations/find-destination.ts'
import { findOldestLogRecord } from './log-record-repository.ts'
import { createLogSinks, type LogSinks } from './log-sinks.ts'
import { type LogWorkerOptions, startLogWorker } from './log-worker.ts'

type Options = Omit<LogWorkerOptions, 'findDestination' | 'maxWaiting'> & { readonly settings: Settings; readonly pools: PoolCatalog }

export type LogDelivery = {
  readonly sinks: LogSinks
  /** When the oldest waiting record was written, in epoch milliseconds. Undefined when none waits. */
  findOldestWaiting(): Promise<number | undefined>
  close(): Promise<void>
}

/** Starts the delivery of the pools' logs to the destinations that the settings allow. */
export function openLogDelivery({ settings, pools, ...options }: Options): LogDelivery {
  const { region, accountId, awsLogDelivery, authEventsFile, authEventsSecret, maxWaitingLogRecords: maxWaiting } = settings
  const aws = awsLogDelivery ? createAwsClients(settings) : undefined
  const findDestination = createDestinationFinder({
    pools,
    aws,
    region: region === 'local' ? 'us-east-1' : region,
    accountId,
    file: authEventsFile === undefined ? undefined : createFileDestination(resolve(authEventsFile)),
    urlSecret: authEventsSecret === undefined ? undefined : readWebhookSecret(authEventsSecret),
    allowsPrivate: privateAddressesOf(settings),
  })
  const worker = startLogWorker({ ...options, findDestination, maxWaiting })
  return {
    sinks: createLogSinks({ pools, hasAws: awsLogDelivery, hasFile: authEventsFile !== undefined }),
    findOldestWaiting: () => findOldestLogRecord(options.db),
    async close() {
      await worker.close()
      aws?.close()
    },
  }
}

/** `dev` also reaches servers on this machine, which are the developer's own. */
function privateAddressesOf({ mode, privateEventsOrigins }: Settings): (url: string) => boolean {
  const origins = new Set(privateEventsOrigins?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  return (url) => {
    const { origin, hostname } = new URL(url)
    return origins.has(origin) || (mode === 'dev' && isLoopbackHost(hostname))
  }
}
