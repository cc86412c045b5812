import { DeliveryError } from './gateway.ts'

type AwsFailure = { readonly name?: unknown; readonly $metadata?: { readonly httpStatusCode?: unknown } }

/**
 * The DeliveryError for a failed call of an AWS service. Its reason holds only the name of the error and the status, because the text of
 * the error may quote the message, its recipient, or a key.
 */
export function awsDeliveryError(service: string, error: unknown, refusals: ReadonlySet<string>): DeliveryError {
  const { name, $metadata } = error as AwsFailure
  const status = $metadata?.httpStatusCode
  const kind = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'failure'
  const statusText = typeof status === 'number' ? ` (HTTP ${status})` : ''
  return new DeliveryError(`${service} ${kind}${statusText}`, { cause: error, refused: refusals.has(kind) })
}
