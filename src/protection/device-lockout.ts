import { hourMs } from '../base/durations.ts'
import type { Db } from '../storage/db.ts'
import { createLockout, type Lockout } from './lockout.ts'

const forgetAfterMs = hourMs

/** Around answers of devices that come without the Session of their question. The count is the user's, and apart from that of codes. */
export function createDeviceLockout({ db }: { db: Db }): Lockout {
  return createLockout({ db, action: 'device-step', forgetAfterMs, message: 'Attempt limit exceeded, please try after some time.' })
}
