import type { IncomingMessage } from 'node:http'

/** What a route knows about a request and the log line of the request should say. */
type Notes = {
  readonly clientId?: string
  readonly userPoolId?: string
  /** Replaces the HTTP status as the outcome, such as `invalid_grant`. One of few texts: it is a label of the metrics. */
  readonly outcome?: string
}

const notes = new WeakMap<IncomingMessage, Notes>()

/** Adds to the notes of the request. */
export function note(request: IncomingMessage, more: Notes): void {
  notes.set(request, { ...notes.get(request), ...more })
}

export function notesOf(request: IncomingMessage): Notes {
  return notes.get(request) ?? {}
}
