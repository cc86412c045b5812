import type { ModelShape, ServiceModel } from './docs-service-model.ts'

/** A mistake on the command line. It is reported in one line, with the exit code of the AWS CLI for such mistakes. */
export class UsageError extends Error {}

/** One value of the AWS CLI: JSON, `file://…` (read by the caller), or the shorthand `Name=…,Value=…`. */
export function parseValue(model: ServiceModel, shapeName: string, text: string, option: string): unknown {
  const shape = shapeOf(model, shapeName)
  if (/^\s*[[{]/.test(text) && shape.type !== 'string') {
    const value: unknown = readJson(text, option)
    checkValue(model, shapeName, value, option)
    return value
  }
  if (shape.type !== 'structure' && shape.type !== 'map' && shape.type !== 'list') return scalar(shape, text, option)
  const reader = new ShorthandReader(text, option)
  const value = readComposite(model, shapeName, reader)
  reader.expectEnd()
  checkValue(model, shapeName, value, option)
  return value
}

export function readJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${option}: invalid JSON: ${(error as Error).message}`)
  }
}

/** Refuses members that the shape does not have, and values of another type, at any depth. */
export function checkValue(model: ServiceModel, shapeName: string, value: unknown, path: string): void {
  const shape = shapeOf(model, shapeName)
  if (shape.document) return
  if (shape.type === 'structure' || shape.type === 'map') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`${path}: expected an object`)
    for (const [name, inner] of Object.entries(value)) {
      const member = shape.type === 'map' ? shape.value : shape.members?.[name]
      if (member === undefined) throw new UsageError(`${path}: unknown member ${name}`)
      checkValue(model, member.shape, inner, `${path}.${name}`)
    }
    const missing = shape.required?.find((name) => !(name in value))
    if (missing !== undefined) throw new UsageError(`${path}: ${missing} is required`)
  } else if (shape.type === 'list') {
    if (!Array.isArray(value)) throw new UsageError(`${path}: expected a list`)
    for (const [index, inner] of value.entries()) checkValue(model, shape.member?.shape ?? '', inner, `${path}[${index}]`)
  } else if (typeof value !== jsonTypes[shape.type]) throw new UsageError(`${path}: expected a ${shape.type}`)
}

const jsonTypes: Readonly<Record<string, string>> = {
  string: 'string',
  blob: 'string',
  integer: 'number',
  long: 'number',
  timestamp: 'number',
  boolean: 'boolean',
}

function shapeOf(model: ServiceModel, name: string): ModelShape {
  const shape = model.shapes[name]
  if (shape === undefined) throw new UsageError(`the model has no shape ${name}`)
  return shape
}

function scalar(shape: ModelShape, text: string, option: string): string | number | boolean {
  if (shape.type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw new UsageError(`${option}: expected true or false, found ${text}`)
    return text === 'true'
  }
  if (jsonTypes[shape.type] !== 'number') return text
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new UsageError(`${option}: expected a number, found ${text}`)
  return Number(text)
}

function readComposite(model: ServiceModel, shapeName: string, reader: ShorthandReader): unknown {
  const shape = shapeOf(model, shapeName)
  if (shape.type === 'list') return reader.list(() => readComposite(model, shape.member?.shape ?? '', reader))
  if (shape.type !== 'structure' && shape.type !== 'map') return scalar(shape, reader.word(), reader.option)
  const value: Record<string, unknown> = {}
  do {
    const name = reader.name()
    const member = shape.type === 'map' ? shape.value : shape.members?.[name]
    if (member === undefined) throw new UsageError(`${reader.option}: unknown member ${name}`)
    const braced = shapeOf(model, member.shape).type !== 'list' && reader.take('{')
    value[name] = readComposite(model, member.shape, reader)
    if (braced) reader.expect('}')
  } while (reader.take(','))
  return value
}

/** Walks over the text of a shorthand value. */
class ShorthandReader {
  readonly option: string
  readonly #text: string
  #at = 0

  constructor(text: string, option: string) {
    this.#text = text
    this.option = option
  }

  take(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at += 1
    return true
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw new UsageError(`${this.option}: expected ${sign} at character ${this.#at + 1} of ${this.#text}`)
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) throw new UsageError(`${this.option}: cannot read ${this.#text.slice(this.#at)}`)
  }

  name(): string {
    const [name] = /^[^=,{}[\]]+(?==)/.exec(this.#text.slice(this.#at)) ?? []
    if (name === undefined) throw new UsageError(`${this.option}: expected NAME=VALUE, found ${this.#text.slice(this.#at)}`)
    this.#at += name.length + 1
    return name
  }

  word(): string {
    const [word = ''] = /^[^,}\]]*/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += word.length
    return word
  }

  list(item: () => unknown): unknown[] {
    if (!this.take('[')) return [item()]
    const items = [item()]
    while (this.take(',')) items.push(item())
    this.expect(']')
    return items
  }
}
