/** Header names are in lower case. A header that was sent more than once is an array, as in Node's `headersDistinct`. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** What is known of a request before its body is read. Nothing here is decoded. */
export type RequestHead = {
  readonly method: string
  /** The path as in the request line, still percent-encoded. */
  readonly path: string
  /** The part after the question mark, still percent-encoded; empty when the URL has no query. */
  readonly query: string
  readonly headers: Headers
}

/** All values of a header, in the order in which the client sent them. */
export function headerValues(headers: Headers, name: string): readonly string[] {
  if (!Object.hasOwn(headers, name)) return []
  const value = headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
