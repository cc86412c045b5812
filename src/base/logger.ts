import { type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

/** The fields of an error that are safe to keep: drivers hang row values and connection settings on theirs. */
function writeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = (error as NodeJS.ErrnoException).code
  return { type: error.name, code, message: error.message, stack: error.stack, cause: error.cause && writeError(error.cause) }
}

/** `json` is one object a line for machines; `text` is for the eyes of whoever runs `dev`. Both go to standard output. */
export function createLogger({ level, form }: { readonly level: string; readonly form: 'json' | 'text' }): Logger {
  const options = { level, base: undefined, serializers: { err: writeError, error: writeError } }
  return form === 'json' ? pino(options) : pino(options, { write: (line: string) => process.stdout.write(readable(line)) })
}

function readable(line: string): string {
  const { level, time, msg, reqId, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const label = pino.levels.labels[Number(level)] ?? 'log'
  const facts = Object.entries(rest).map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
  return [[clock, label.padEnd(5), msg, ...facts].join(' '), ...linesOf(err as WrittenError | undefined), ''].join('\n')
}

type WrittenError = { readonly message?: string; readonly stack?: string; readonly cause?: WrittenError }

function linesOf(error: WrittenError | undefined): string[] {
  const lines: string[] = []
  for (let at = error; at !== undefined; at = at.cause) lines.push(`${at === error ? '' : 'Caused by '}${at.stack ?? at.message ?? ''}`)
  return lines
}
