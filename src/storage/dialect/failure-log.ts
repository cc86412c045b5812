import { createWarningThrottle } from '../../base/warning-throttle.ts'
import type { StorageLogger } from './backend.ts'

/** Called with a failure of the database itself, not of the connection to it, and with the text of the statement. */
export type LogFailure = (error: Error, sql: string) => void

const maxStatementLength = 300

/**
 * Logs why the database could not execute statements: a full disk, a lock that is held for too long and the like. The requests are answered
 * with 503 and carry no details. There is one line a minute for each reason, so that the log does not fill the disk further.
 */
export function createFailureLog(logger: StorageLogger): LogFailure {
  const throttle = createWarningThrottle()
  return (error, sql) => {
    const failures = throttle.countToReport(error.message, performance.now())
    // The text of a statement contains no values, because values are sent as parameters.
    if (failures !== undefined)
      logger.error({ err: error, statement: sql.slice(0, maxStatementLength), failures }, 'The database could not execute a statement')
  }
}
