import { createWarningThrottle } from '../../base/warning-throttle.ts'
import type { StorageLogger } from './backend.ts'

/** Called with a failure that lies with the database and not with the connection to it, and with the text of the statement. */
export type NoteFailure = (error: Error, sql: string) => void

const longestText = 300

/**
 * Says in the log what the database turns away: a full disk, a lock that is held for too long and the like. Requests are answered with 503
 * then and say no more. One line a minute for each reason, or a full disk would fill the rest of it.
 */
export function createFailureLog(logger: StorageLogger): NoteFailure {
  const throttle = createWarningThrottle()
  return (error, sql) => {
    const failures = throttle.countToReport(error.message, performance.now())
    // The text holds no values: they are parameters.
    if (failures !== undefined)
      logger.error({ err: error, statement: sql.slice(0, longestText), failures }, 'The database did not do what it was asked')
  }
}
