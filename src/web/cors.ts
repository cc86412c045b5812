/** What the AWS SDKs and Amplify send from a browser, and what scripts that monitor pages add to every request. */
const allowedHeaders = [
  'authorization',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'baggage',
  'cache-control',
  'content-type',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-target',
  'x-amz-user-agent',
  'x-amzn-trace-id',
  'x-requested-with',
].join(', ')

const exposedHeaders = 'x-amzn-requestid, x-amzn-errortype, x-amzn-errormessage, date, retry-after'

/** Chromium keeps a pre-flight answer for two hours at most, whatever is offered. */
const preflightLifetimeSeconds = 7200

/** Lets pages of any origin read the answer. No cookie goes along, so a page can do no more than any other stranger. */
export const readableByPages = { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposedHeaders }

/** What a browser is told that asks, by `OPTIONS /`, whether a page may call `POST /`. */
export const preflightHeaders = {
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': allowedHeaders,
  'access-control-max-age': String(preflightLifetimeSeconds),
}
