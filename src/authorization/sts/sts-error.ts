/** An error of the STS, as its reference names it (AWS Security Token Service API Reference, "Common Errors" and each action's errors). */
export class StsError extends Error {
  override name = 'StsError'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, { status = 400, cause }: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.code = code
    this.status = status
  }
}

export const accessDenied = (action: string): StsError =>
  new StsError('AccessDenied', `Not authorized to perform ${action}`, { status: 403 })
