/** The headers that the AWS SDKs and Amplify send from a browser, and those that monitoring scripts add to every request. */
const allowedHeaders = [
  'authorization',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
  'baggage',
  'cache-control',
  'content-type',
  'dpop',
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

/** Chromium caches a preflight answer for two hours at most. */
const preflightLifetimeSeconds = 7200

/** Lets pages of any origin read the answer. Requests carry no cookies, so a page has no more rights than any other client. */
export const readableByPages = { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposedHeaders }

/** The answer to a preflight request: `OPTIONS /` asks whether a page may call `POST /`. */
export const preflightHeaders = {
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': allowedHeaders,
  'access-control-max-age': String(preflightLifetimeSeconds),
}
