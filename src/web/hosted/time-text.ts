import type { Shell } from '../pages/layout.ts'

/** A time in the language of the page, in UTC: the server does not know the user's time zone. */
export const timeText = ({ language }: Shell, at: number): string =>
  new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(at)

export const timeIfKnown = (shell: Shell, at: number | null | undefined): string | undefined =>
  at == null ? undefined : timeText(shell, at)
