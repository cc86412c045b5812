/**
 * The result of the work, or the result of `otherwise` when the time is over. The work goes on then, but its result is ignored.
 *
 * @throws what the work throws in time, or what `otherwise` throws.
 */
export async function inTime<T, U>(work: Promise<T>, milliseconds: number, otherwise: () => U): Promise<T | U> {
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  try {
    return await Promise.race([work, end.then(otherwise)])
  } finally {
    clearTimeout(timer)
  }
}
