import type { Probe, Sample } from './probe.ts'

/** Describes in a few words what /readyz of all nodes answered during the fault and after it. */
export function describeReadiness({ samples }: Probe, start: number, end: number): string {
  const ready = samples
    .filter(({ kind, startedAt }) => kind === 'ready' && startedAt >= start)
    .sort((left, right) => left.startedAt - right.startedAt)
  const bad = ready.filter(({ status }) => status !== 200)
  const first = bad[0]
  const last = bad.at(-1)
  if (first === undefined || last === undefined) return '200 throughout'
  const statuses = [...new Set(bad.map(({ status }) => (status === 0 ? 'no answer' : String(status))))].join(', ')
  const again = firstAfter(ready, last.endedAt)
  const back =
    again === undefined ? 'not 200 again' : `200 again ${seconds(Math.abs(again - end))} ${again < end ? 'before' : 'after'} its end`
  return `${statuses} after ${seconds(first.endedAt - start)}; ${back}`
}

function firstAfter(samples: readonly Sample[], time: number): number | undefined {
  return samples.find(({ status, startedAt }) => status === 200 && startedAt >= time)?.endedAt
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
