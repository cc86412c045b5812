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
function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error }
  try {
    const { name, message, stack, cause, code } = error as NodeJS.ErrnoException
    const hasCause = cause !== undefined && cause !== null && depth < mostCauses
    return {
      type: textOf(name) ?? 'Error',
      code: textOf(code),
      message: textOf(message),
      stack: textOf(stack),
      cause: hasCause ? serializeError(cause, depth + 1) : undefined,
    }
  } catch {
    return { type: 'Error', message: 'The members of the error cannot be read.' }
  }
}

/** Libraries may put anything into the members of an error. A log line must not fail because of it. */
const textOf = (member: unknown): string | undefined =>
  typeof member === 'string' || typeof member === 'number' ? String(member) : undefined

/** The most causes of an error that are used. An error may be its own cause, by way of others. */
export const mostCauses = 5

/**
 * Control and formatting characters, such as ESC, the C1 controls and the marks that reverse the direction of text. A stranger can put them
 * into an attribute, and a trigger function can put that into its error. A terminal would obey them.
 */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

const escaped = (text: string): string => text.replace(unprintable, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`)

/** The escapes are those of JSON, so a reader of the line gets the values as they were. Such characters stand inside of strings only. */
const escapedJson = (line: string): string =>
  `${line.trimEnd().replace(unprintable, (found) => Array.from({ length: found.length }, (_, at) => jsonEscape(found.charCodeAt(at))).join(''))}\n`

const jsonEscape = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`

/** Several lines become indented ones, so that none of them can look like a line of the log. */
const escapedLines = (text: string): string => text.split(/\r?\n/).map(escaped).join('\n    ')

/** `json` writes one object a line, and `text` writes lines for people. Both have the name of the level and the time in UTC (ISO 8601). */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const options = {
    level,
    base: undefined,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => serializeError(error), error: (error: unknown) => serializeError(error) },
  }
  const formatted = format === 'text' ? formatLine : escapedJson
  if (write !== undefined) return pino(options, { write: (line: string) => write(formatted(line)) })
  const standardOutput = openStandardOutput()
  return pino(options, { write: (line: string) => void standardOutput.write(formatted(line)) })
}

/** The most bytes of lines that wait while standard output takes none, such as a file on a full disk. Further lines are lost. */
const mostWaitingBytes = 1024 * 1024

/**
 * Each line is written before the call of the logger returns. Pino's default writes in the thread pool of Node: when the process ends, a
 * line may still wait there, and later lines would come before it.
 */
function openStandardOutput(): { write(line: string): boolean } {
  const output = pino.destination({ dest: 1, sync: true, maxLength: mostWaitingBytes })
  // An error without a listener would be thrown to the code that logs. The lines that could not be written are tried again with the next.
  return output.on('error', () => undefined)
}

function formatLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const fields = Object.entries(rest).map(([name, value]) => `${formatValue(name)}=${formatValue(value)}`)
  const text = escapedLines(String(msg ?? ''))
  return [[time, String(level).padEnd(5), text, ...fields].join(' '), ...formatError(err as SerializedError | undefined), ''].join('\n')
}

/** A text with spaces or quotes is quoted, so that it cannot look like another field. */
function formatValue(value: unknown): string {
  const text = typeof value === 'object' || /[\s"\p{Cc}]|^$/u.test(String(value)) ? JSON.stringify(value) : String(value)
  return escaped(text)
}

type SerializedError = {
  readonly type: string
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly stack?: string | undefined
  readonly cause?: SerializedError | undefined
}

function formatError(error: SerializedError | undefined): string[] {
  const lines: string[] = []
  for (let at = error; at !== undefined; at = at.cause) {
    lines.push(`    ${at === error ? '' : 'Caused by '}${escapedLines(at.stack ?? at.message ?? at.type)}`)
  }
  return lines
}
