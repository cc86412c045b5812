import { definitionOf, getShape, type Shape } from './model.ts'
import type { OperationName, Output } from './operation.ts'

/**
 * A response as JSON text. It has the members of the contract, in the contract's order, without the absent ones. Dates are epoch seconds
 * with a fraction; bytes are base64. The text is empty for an operation whose contract has no output.
 */
export function writeResponse<N extends OperationName>(name: N, output: Output<N>): string {
  const { output: shapeName } = definitionOf(name)
  return shapeName === undefined ? '' : JSON.stringify(writerOf(shapeName)(output ?? {}))
}

type Writer = (value: unknown) => unknown

const writers = new Map<string, Writer>()

function writerOf(shapeName: string): Writer {
  let writer = writers.get(shapeName)
  if (writer === undefined) {
    writer = createWriter(getShape(shapeName))
    writers.set(shapeName, writer)
  }
  return writer
}

function createWriter(shape: Shape): Writer {
  switch (shape.type) {
    case 'structure':
      return structureWriter(shape)
    case 'list': {
      const write = writerOf(shape.member ?? '')
      return (value) => (value as readonly unknown[]).map(write)
    }
    case 'map':
      return mapWriter(writerOf(shape.value ?? ''))
    case 'timestamp':
      return writeTimestamp
    case 'blob':
      return (value) => Buffer.from(value as Uint8Array).toString('base64')
    default:
      return (value) => value
  }
}

function structureWriter({ members = {} }: Shape): Writer {
  const plan = Object.entries(members).map(([name, shapeName]) => ({ name, write: writerOf(shapeName) }))
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>
    const result: Record<string, unknown> = {}
    for (const { name, write } of plan) {
      const memberValue = given[name]
      if (memberValue !== undefined && memberValue !== null) result[name] = write(memberValue)
    }
    return result
  }
}

function mapWriter(write: Writer): Writer {
  return (value) => {
    // The object has no prototype, because users choose the keys, and `__proto__` is a possible key.
    const result: Record<string, unknown> = Object.create(null)
    for (const [key, entry] of Object.entries(value as object)) {
      if (entry !== undefined && entry !== null) result[key] = write(entry)
    }
    return result
  }
}

function writeTimestamp(value: unknown): number {
  const milliseconds = (value as Date).getTime()
  if (Number.isNaN(milliseconds)) throw new TypeError('The response contains an invalid date.')
  return milliseconds / 1000
}
