/** A backup or restore cannot be done. The message tells the operator in one sentence what is wrong and what to do. */
export class PortabilityError extends Error {
  override readonly name = 'PortabilityError'
}
