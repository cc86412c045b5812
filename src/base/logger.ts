import { type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

/** The fields of an error that are safe to log. Database drivers add row values and connection settings to their errors. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = (error as NodeJS.ErrnoException).code
  return { type: error.name, code, message: error.message, stack: error.stack, cause: error.cause && serializeError(error.cause) }
}

/** `json` writes one object a line; `text` is for people who run `dev`. Both go to standard output. */
export function createLogger({ level, form }: { readonly level: string; readonly form: 'json' | 'text' }): Logger {
  const options = { level, base: undefined, serializers: { err: serializeError, error: serializeError } }
  return form === 'json' ? pino(options) : pino(options, { write: (line: string) => process.stdout.write(formatLine(line)) })
}

function formatLine(line: string): string {
  const { level, time, msg, reqId, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const label = pino.levels.labels[Number(level)] ?? 'log'
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
  return [[clock, label.padEnd(5), msg, ...fields].join(' '), ...formatError(err as SerializedError | undefined), ''].join('\n')
}

type SerializedError = { readonly message?: string; readonly stack?: string; readonly cause?: SerializedError }

function formatError(error: SerializedError | undefined): string[] {
  const lines: string[] = []
  for (let at = error; at !== undefined; at = at.cause) lines.push(`${at === error ? '' : 'Caused by '}${at.stack ?? at.message ?? ''}`)
  return lines
}
