import { ApiError } from '../contract/api-error.ts'
import { wrongPassword } from './candidate.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const form = new RegExp(`^(?:${days.join('|')}) (${months.join('|')}) (\\d{1,2}) (\\d{2}):(\\d{2}):(\\d{2}) (UTC|GMT) (\\d{4})$`)

/**
 * When the client says that it signed its proof: `Tue Jun 2 07:08:09 UTC 2026`, in English, with no zero before the day. Cognito tells a
 * stamp of another form by name, and refuses a day with a zero, a wrong weekday and a time too far from now like a wrong password
 * (observed). Throws InvalidParameterException or NotAuthorizedException.
 */
export function requireTimely(timestamp: string, { now, toleranceMs }: { readonly now: number; readonly toleranceMs: number }): void {
  const found = form.exec(timestamp)
  if (found === null) {
    throw new ApiError('InvalidParameterException', 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.')
  }
  const [, month = '', day, hours, minutes, seconds, zone = '', year] = found
  const at = Date.UTC(Number(year), months.indexOf(month), Number(day), Number(hours), Number(minutes), Number(seconds))
  // The 31st of June is another day in truth; so is a Tuesday that was a Monday.
  if (formatTimestamp(at, zone) !== timestamp || Math.abs(now - at) > toleranceMs) throw wrongPassword()
}

function formatTimestamp(at: number, zone: string): string {
  const date = new Date(at)
  const time = date.toISOString().slice(11, 19)
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${date.getUTCDate()} ${time} ${zone} ${date.getUTCFullYear()}`
}
