/** Header names are in lower case. An array holds a header that was sent more than once; so do the values of `headersDistinct`. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** What is known of a request before its body is read; nothing of it is decoded. */
export type RequestHead = {
  readonly method: string
  /** Still percent-encoded, as it stood in the request line. */
  readonly path: string
  /** What follows the question mark, still percent-encoded; empty when there is none. */
  readonly query: string
  readonly headers: Headers
}

/** All values of a header, in the order in which they were sent. */
export function headerValues(headers: Headers, name: string): readonly string[] {
  if (!Object.hasOwn(headers, name)) return []
  const value = headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
