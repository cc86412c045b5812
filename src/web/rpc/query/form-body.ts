import { StsError } from '../../../authorization/sts/sts-error.ts'

/** The most parameters of a request. Those of STS have 15 at most, apart from lists that this server does not read. */
const mostParameters = 100

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The parameters of a form (WHATWG URL Standard, "application/x-www-form-urlencoded"), decoded once. Stricter than browsers are: two readers
 * of one request must not see different values.
 * @throws StsError MalformedInput when the form is not UTF-8, has a broken percent-encoding, a parameter twice, or too many of them
 */
export function readForm(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  let count = 0
  for (const pair of decodeBytes(body).split('&', mostParameters + 1)) {
    if (++count > mostParameters) throw malformed(`A request must not have more than ${mostParameters} parameters.`)
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    if (parameters.has(name)) throw malformed('A parameter must not be sent more than once.')
    parameters.set(name, at < 0 ? '' : decode(pair.slice(at + 1)))
  }
  return parameters
}

function decodeBytes(body: Buffer): string {
  try {
    return strictUtf8.decode(body)
  } catch (cause) {
    throw malformed('The request body is not UTF-8.', cause)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw malformed('The request body is not valid percent-encoding.', cause)
  }
}

const malformed = (message: string, cause?: unknown) => new StsError('MalformedInput', message, { cause })
