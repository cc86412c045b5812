import { ApiError } from '../../contract/api-error.ts'

/** How much may be in a JSON text. */
export type TextLimits = {
  /** Members of one object. */
  readonly entries: number
  /** Elements of one list. */
  readonly elements: number
  /** Objects, lists, members and elements in all. */
  readonly values: number
}

/** Far deeper than any request of the contract, and far less than would exhaust the stack. */
const deepestNesting = 64

/** By depth, for the text at hand. They are kept, since making them would cost as much as reading a usual request. */
const commas = new Uint32Array(deepestNesting + 1)
// A comma outside of everything is for `JSON.parse` to refuse.
const mostCommas = new Float64Array(deepestNesting + 1).fill(Number.POSITIVE_INFINITY)

/**
 * Counts brackets and commas outside strings, so that `JSON.parse` never sees a text that is costly for its size.
 * @throws ApiError SerializationException when it is nested too deeply; InvalidParameterException when there is too much in it
 */
export function requireModestText(text: string, limits: TextLimits): void {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at + 1)
        break
      case openBrace:
      case openBracket:
        if (++depth > deepestNesting) throw new ApiError('SerializationException', 'The request body is nested too deeply.')
        commas[depth] = 0
        mostCommas[depth] = (text.charCodeAt(at) === openBrace ? limits.entries : limits.elements) - 1
        if (++values > limits.values) throw tooManyValues(limits)
        break
      case closeBrace:
      case closeBracket:
        if (depth > 0) depth--
        break
      case comma:
        commas[depth] = (commas[depth] ?? 0) + 1
        if ((commas[depth] ?? 0) > (mostCommas[depth] ?? 0)) throw tooMany(limits)
        if (++values > limits.values) throw tooManyValues(limits)
        break
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start
  for (; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === backslash) at++
    else if (character === quote) break
  }
  return at
}

function tooMany({ entries, elements }: TextLimits): ApiError {
  const lists = Number.isFinite(elements) ? `, and a list not more than ${elements} elements` : ''
  return new ApiError('InvalidParameterException', `A map must not have more than ${entries} entries${lists}.`)
}

function tooManyValues({ values }: TextLimits): ApiError {
  return new ApiError('InvalidParameterException', `A request must not have more than ${values} values.`)
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
