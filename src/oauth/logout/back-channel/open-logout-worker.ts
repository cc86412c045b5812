import { isLoopbackHost } from '../../../loopback.ts'
import type { Settings } from '../../../settings.ts'
import { createLogoutWorker, type LogoutAttemptOutcome, type LogoutWorker, type LogoutWorkerOptions } from './logout-worker.ts'

type Options = Omit<LogoutWorkerOptions, 'countAttempt' | 'allowsPrivate'> & {
  readonly settings: Pick<Settings, 'mode' | 'privateLogoutOrigins'>
  readonly metrics: { countLogoutAttempt(outcome: LogoutAttemptOutcome): void }
}

/** Starts the worker of back-channel logout. `dev` also reaches the apps on this machine, which are the developer's own. */
export function openLogoutWorker({ settings: { mode, privateLogoutOrigins }, metrics, ...options }: Options): LogoutWorker {
  const origins = new Set(privateLogoutOrigins?.split(',').flatMap((origin) => URL.parse(origin)?.origin ?? []))
  return createLogoutWorker({
    ...options,
    countAttempt: metrics.countLogoutAttempt,
    allowsPrivate(uri) {
      const { origin, hostname } = new URL(uri)
      return origins.has(origin) || (mode === 'dev' && isLoopbackHost(hostname))
    },
  })
}
