import { SettingsError } from '../../settings.ts'

/** `error`: the server would not start, or would not do what its settings say. `warning`: it would, but an operator should look at it. */
export type Level = 'ok' | 'warning' | 'error'

/** One line of the report. The message names the setting and, when something is wrong, says what to do. It holds no secret. */
export type Finding = { readonly level: Level; readonly message: string }

export const ok = (message: string): Finding => ({ level: 'ok', message })
export const warning = (message: string): Finding => ({ level: 'warning', message })
export const error = (message: string): Finding => ({ level: 'error', message })

/** Returns the result of `work`. A SettingsError that `work` throws is added to `findings`; then the result is undefined. */
export async function tryToFind<T>(findings: Finding[], work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown
    findings.push(error(thrown.message))
    return undefined
  }
}
