import { type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

export type LogFormat = 'json' | 'text'

type LoggerOptions = {
  readonly level: string
  readonly format: LogFormat
  /** Takes each line, with its line break. Without it, lines go to standard output. */
  readonly write?: (line: string) => void
}

/** The fields of an error that are safe to log. Database drivers add row values and connection settings to their errors. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = (error as NodeJS.ErrnoException).code
  return { type: error.name, code, message: error.message, stack: error.stack, cause: error.cause && serializeError(error.cause) }
}

/** `json` writes one object a line, and `text` writes lines for people. Both have the name of the level and the time in UTC (ISO 8601). */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const options = {
    level,
    base: undefined,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: serializeError, error: serializeError },
  }
  if (format === 'json') return write === undefined ? pino(options) : pino(options, { write })
  const writeText = write ?? ((text: string) => process.stdout.write(text))
  return pino(options, { write: (line: string) => void writeText(formatLine(line)) })
}

function formatLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${formatValue(value)}`)
  return [[time, String(level).padEnd(5), msg, ...fields].join(' '), ...formatError(err as SerializedError | undefined), ''].join('\n')
}

/** A text with spaces or control characters is quoted, so that it cannot look like another field or another line. */
function formatValue(value: unknown): string {
  return typeof value === 'object' || /[\s"\p{Cc}]|^$/u.test(String(value)) ? JSON.stringify(value) : String(value)
}

type SerializedError = { readonly message?: string; readonly stack?: string; readonly cause?: SerializedError }

function formatError(error: SerializedError | undefined): string[] {
  const lines: string[] = []
  for (let at = error; at !== undefined; at = at.cause) lines.push(`${at === error ? '' : 'Caused by '}${at.stack ?? at.message ?? ''}`)
  return lines
}
