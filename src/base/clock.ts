/** The only source of the current time, in epoch milliseconds. Tests replace it. */
export type Clock = { now(): number }

export const systemClock: Clock = { now: () => Date.now() }
