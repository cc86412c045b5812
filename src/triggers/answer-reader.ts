import { isObject } from '../base/is-object.ts'
import { AnswerError } from './trigger-errors.ts'

/**
 * Reads the answer of a trigger function as strictly as Cognito does: for a member of the wrong type, it throws an AnswerError that names
 * the member. Members that are never read are ignored.
 */
export class AnswerReader {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(object: Readonly<Record<string, unknown>>, path: string) {
    this.#object = object
    this.#path = path
  }

  /**
   * Reads the `response` of the event that the function returned.
   * @throws AnswerError when the function returned something else than an event.
   */
  static ofEvent(event: unknown): AnswerReader {
    const expected = 'the event as the value that the function returns'
    // Cognito has a text of its own for a function that returns nothing (observed).
    if (event === undefined || event === null) {
      throw new AnswerError('$', expected, kindOf(event), 'Invalid lambda function output : Invalid JSON')
    }
    if (!isObject(event)) throw new AnswerError('$', expected, kindOf(event))
    const { response } = event
    if (!isObject(response)) throw new AnswerError('response', 'an object', kindOf(response))
    return new AnswerReader(response, 'response')
  }

  /** Whether the member is present, even if it is null. */
  has(name: string): boolean {
    return Object.hasOwn(this.#object, name)
  }

  /** False when the member is missing; null is an error, as at Cognito. */
  boolean(name: string): boolean {
    const value = this.#object[name]
    if (value === undefined) return false
    if (typeof value !== 'boolean') throw this.#errorAt(name, 'true or false')
    return value
  }

  text(name: string): string | undefined {
    return this.#optional(name, 'text', (value): value is string => typeof value === 'string')
  }

  /** A text that must be one of `choices`. Undefined when the member is missing or null. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name)
    if (value === undefined || choices.some((choice) => choice === value)) return value as Choice | undefined
    throw this.#errorAt(name, `one of ${choices.join(', ')}`)
  }

  object(name: string): AnswerReader | undefined {
    const value = this.#optional(name, 'an object', isObject)
    return value && new AnswerReader(value, `${this.#path}.${name}`)
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#optional(name, 'an array of text', (member): member is unknown[] => Array.isArray(member))
    if (value === undefined) return undefined
    const wrong = value.findIndex((item) => typeof item !== 'string')
    if (wrong >= 0) throw new AnswerError(`${this.#path}.${name}[${wrong}]`, 'text', kindOf(value[wrong]))
    return value as string[]
  }

  /** An object whose values are all text. Undefined when the member is missing or null. */
  textMap(name: string): Readonly<Record<string, string>> | undefined {
    const map = this.map(name)
    if (map === undefined) return undefined
    for (const [key, value] of Object.entries(map)) {
      if (typeof value !== 'string') throw new AnswerError(`${this.#path}.${name}[${JSON.stringify(key)}]`, 'text', kindOf(value))
    }
    return map as Readonly<Record<string, string>>
  }

  /** An object with values of any kind. Undefined when the member is missing or null. */
  map(name: string): Readonly<Record<string, unknown>> | undefined {
    return this.#optional(name, 'an object', isObject)
  }

  /** An error about this object as a whole. `publicMessage` is for the caller of the API, where Cognito has a text for it. */
  error(expected: string, found: string, publicMessage?: string): AnswerError {
    return new AnswerError(this.#path, expected, found, publicMessage)
  }

  /** The member, or undefined when it is missing or null. The event has null in members that the function did not fill in. */
  #optional<Value>(name: string, expected: string, is: (value: unknown) => value is Value): Value | undefined {
    const value = this.#object[name]
    if (value === undefined || value === null) return undefined
    if (!is(value)) throw this.#errorAt(name, expected)
    return value
  }

  #errorAt(name: string, expected: string): AnswerError {
    return new AnswerError(`${this.#path}.${name}`, expected, kindOf(this.#object[name]))
  }
}

/** The type of a value in words; never its content. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return 'text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
