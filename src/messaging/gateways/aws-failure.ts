import { DeliveryError } from './gateway.ts'

type AwsFailure = { readonly name?: unknown; readonly $metadata?: { readonly httpStatusCode?: unknown } }

/**
 * What a failed call of an AWS service says of the message. Only the name of the error and the status go on: the words may quote the
 * message, its recipient, or a key.
 */
export function awsDeliveryError(service: string, error: unknown, refusals: ReadonlySet<string>): DeliveryError {
  const { name, $metadata } = error as AwsFailure
  const status = $metadata?.httpStatusCode
  const kind = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'failure'
  const answered = typeof status === 'number' ? ` (HTTP ${status})` : ''
  return new DeliveryError(`${service} ${kind}${answered}`, { cause: error, refused: refusals.has(kind) })
}
