import type { Admission } from './admission.ts'
import type { Deadlines } from './deadlines.ts'

export type RunLimits = { readonly admission: Admission; readonly deadlines: Deadlines }

/**
 * Does a part of the work of a request once the request is admitted. After the deadline the caller gets an answer. The work itself goes on,
 * and keeps its slot and its body in memory, because it cannot be cancelled.
 *
 * @throws ShedError when the request was not admitted
 * @throws DeadlineError after the deadline
 */
export async function runAdmitted<T>(
  { admission, deadlines }: RunLimits,
  part: () => Promise<T>,
  body?: { readonly release: () => void },
): Promise<T> {
  const admitted = admission.enter()
  if (admitted !== true && !(await admitted)) {
    body?.release()
    throw new ShedError()
  }
  return new Promise((resolve, reject) => {
    const deadline = deadlines.start(() => reject(new DeadlineError()))
    const end = () => {
      deadline.end()
      admission.leave()
      body?.release()
    }
    part().then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}

/** The request was refused because the server is overloaded. */
export class ShedError extends Error {
  override readonly name = 'ShedError'
}

/** The request took longer than its deadline. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}
