import { PortabilityError } from '../portability/portability-error.ts'
import { SettingsError } from '../settings.ts'

/** Runs work on a backup. @throws SettingsError what the operator can correct, in one line */
export async function withPortabilityErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof PortabilityError ? new SettingsError(error.message) : error
  }
}
