import { minuteMs } from '../base/durations.ts'

/** Delay after the first failure, in milliseconds. Each further failure doubles it. */
const firstDelayMs = 1000
const maxDelayMs = 15 * minuteMs

/**
 * The most attempts for a message that the mail server or provider refuses. There is more than one, because a mail server may refuse
 * messages until its operator has changed a setting. There are few, even for a message that is valid for a day, because mail servers block
 * a sender who repeats refused messages.
 */
const maxAttemptsWhenRefused = 5

/**
 * The time of the next attempt after attempt number `attempts` failed at `now`. Undefined when the message is given up. `random` in [0, 1)
 * spreads messages that failed together over the second half of the delay.
 */
export function nextAttemptAt(
  { attempts, refused, expiresAt }: { attempts: number; refused: boolean; expiresAt: number },
  now: number,
  random: number,
): number | undefined {
  if (refused && attempts >= maxAttemptsWhenRefused) return undefined
  const delay = Math.min(firstDelayMs * 2 ** (attempts - 1), maxDelayMs)
  const at = now + Math.ceil(delay * (0.5 + random / 2))
  return at < expiresAt ? at : undefined
}
