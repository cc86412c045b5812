import { minuteMs } from '../base/durations.ts'

/** Milliseconds after the first failure; each further one doubles it. */
const firstDelayMs = 1000
const longestDelayMs = 15 * minuteMs

/**
 * How often a message is offered that the far end refuses outright. Not only once, because a mail server also refuses
 * what its operator is about to allow; but not for a day, because senders who insist end on block lists.
 */
const attemptsWhenRefused = 5

/**
 * When to try again after the attempt number `attempts` failed at `now`; undefined when it makes no sense any more.
 * `random` in [0, 1) spreads the messages that failed together over the second half of the delay.
 */
export function nextAttemptAt(
  { attempts, refused, expiresAt }: { attempts: number; refused: boolean; expiresAt: number },
  now: number,
  random: number,
): number | undefined {
  if (refused && attempts >= attemptsWhenRefused) return undefined
  const delay = Math.min(firstDelayMs * 2 ** (attempts - 1), longestDelayMs)
  const at = now + Math.ceil(delay * (0.5 + random / 2))
  return at < expiresAt ? at : undefined
}
