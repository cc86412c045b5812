/** Why a request to another service is refused. `reason` is a fixed word for programs: the code that AWS uses for it. */
export class RequestRefusal extends Error {
  override name = 'RequestRefusal'
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}
