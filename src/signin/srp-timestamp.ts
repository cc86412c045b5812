import { ApiError } from '../contract/api-error.ts'
import { wrongPassword } from './sign-in-errors.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const pattern = new RegExp(`^(?:${days.join('|')}) (${months.join('|')}) (\\d{1,2}) (\\d{2}):(\\d{2}):(\\d{2}) (UTC|GMT) (\\d{4})$`)

/**
 * Checks the time at which the client says that it signed its proof: `Tue Jun 2 07:08:09 UTC 2026`, in English, without a zero before the
 * day. For a timestamp in another format, Cognito's error names the expected format. A zero before the day, a wrong weekday and a time too
 * far from now get the same error as a wrong password (observed).
 *
 * @throws ApiError InvalidParameterException when the timestamp has another format.
 * @throws ApiError NotAuthorizedException when the timestamp is no real date, or differs from `now` by more than `toleranceMs`.
 */
export function requireCurrentTimestamp(
  timestamp: string,
  { now, toleranceMs }: { readonly now: number; readonly toleranceMs: number },
): void {
  const match = pattern.exec(timestamp)
  if (match === null) {
    throw new ApiError('InvalidParameterException', 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.')
  }
  const [, month = '', day, hours, minutes, seconds, zone = '', year] = match
  const at = Date.UTC(Number(year), months.indexOf(month), Number(day), Number(hours), Number(minutes), Number(seconds))
  // Date.UTC turns the 31st of June into the 1st of July. The time is formatted again to notice such a date, and a wrong weekday.
  if (formatTimestamp(at, zone) !== timestamp || Math.abs(now - at) > toleranceMs) throw wrongPassword()
}

function formatTimestamp(at: number, zone: string): string {
  const date = new Date(at)
  const time = date.toISOString().slice(11, 19)
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${date.getUTCDate()} ${time} ${zone} ${date.getUTCFullYear()}`
}
