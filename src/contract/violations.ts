import { ApiError } from './api-error.ts'

/** The most violations that an error lists. A request may break constraints in thousands of elements; only the first are useful. */
const shownViolations = 50
/** The most characters of a value that an error repeats. The service repeats all; Lifeguard sends no megabytes for one bad character. */
const shownCharacters = 1000

/** Collects everything that is wrong with a request, because the service reports all violations in one error. */
export class Violations {
  /** Whether a member that is not in the contract is a violation. When false, such a member is ignored. */
  readonly rejectsUnknownMembers: boolean
  /** The path of a member that may be missing although the contract requires it. */
  readonly #mayLack: string | undefined
  #count = 0
  #shown: string[] = []

  constructor({
    rejectsUnknownMembers = false,
    mayLack,
  }: { readonly rejectsUnknownMembers?: boolean; readonly mayLack?: string | undefined } = {}) {
    this.rejectsUnknownMembers = rejectsUnknownMembers
    this.#mayLack = mayLack
  }

  /** `value` is undefined when it is secret, contains a secret, or cannot be printed. */
  add(path: string, constraint: string, value: string | undefined): void {
    const subject = value === undefined ? 'Value' : `Value '${shortened(value)}'`
    this.#add(`${subject} at '${path}' failed to satisfy constraint: ${constraint}`)
  }

  addNull(path: string): void {
    if (path === this.#mayLack) return
    this.#add(`Value null at '${path}' failed to satisfy constraint: Member must not be null`)
  }

  addUnknown(path: string, name: string, known: readonly string[]): void {
    const where = path === '' ? '' : ` at '${path}'`
    this.#add(`'${shortened(name)}'${where} is not a known member; the members are ${known.join(', ')}`)
  }

  #add(item: string): void {
    this.#count += 1
    if (this.#shown.length < shownViolations) this.#shown.push(item)
  }

  /** @throws ApiError InvalidParameterException when there was a violation */
  throwIfAny(): void {
    if (this.#count === 0) return
    const noun = this.#count === 1 ? 'error' : 'errors'
    throw new ApiError('InvalidParameterException', `${this.#count} validation ${noun} detected: ${this.#shown.join('; ')}`)
  }
}

export function shortened(value: string): string {
  return value.length <= shownCharacters ? value.toWellFormed() : `${value.slice(0, shownCharacters).toWellFormed()}…`
}

/** The error for a JSON value whose type is not that of its shape. The texts are those of AWS's JSON reader. */
export function wrongType(
  value: unknown,
  wanted: 'String' | 'Integer' | 'Long' | 'Double' | 'Boolean' | 'Date' | 'ByteBuffer' | undefined,
): ApiError {
  return new ApiError('SerializationException', wrongTypeText(value, wanted))
}

function wrongTypeText(value: unknown, wanted: string | undefined): string {
  if (Array.isArray(value)) return 'Start of list found where not expected'
  if (typeof value === 'object' && value !== null) return 'Start of structure or map found where not expected.'
  return wanted === undefined ? 'Unexpected field type' : `class ${javaClass(value)} can not be converted to an ${wanted}`
}

function javaClass(value: unknown): string {
  if (typeof value === 'string') return 'java.lang.String'
  if (typeof value === 'boolean') return 'java.lang.Boolean'
  return Number.isInteger(value) ? 'java.lang.Integer' : 'java.lang.Double'
}
