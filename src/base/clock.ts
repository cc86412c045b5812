/** The one source of "now", in epoch milliseconds. Tests put their own in its place. */
export type Clock = { now(): number }

export const systemClock: Clock = { now: () => Date.now() }
