import { PortabilityError } from './portability-error.ts'

/** Runs work on sealed values of a row. */
export function orRefused<T>(table: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new PortabilityError(`The backup has a sealed value in its table ${table} that does not open under its key.`, { cause })
  }
}
