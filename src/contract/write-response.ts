import { definitionOf, getShape, type Shape } from './model.ts'
import type { OperationName, Output } from './operation.ts'

/**
 * An answer as JSON text: members that the contract knows, in its order; dates as epoch seconds with milliseconds as fraction, bytes
 * as base64, absent members left out. Empty where the contract has no answer, which is an empty body.
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
    writer = makeWriter(getShape(shapeName))
    writers.set(shapeName, writer)
  }
  return writer
}

function makeWriter(shape: Shape): Writer {
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
    // Without prototype: keys are the users' own words, and `__proto__` is one of them.
    const result: Record<string, unknown> = Object.create(null)
    for (const [key, entry] of Object.entries(value as object)) {
      if (entry !== undefined && entry !== null) result[key] = write(entry)
    }
    return result
  }
}

function writeTimestamp(value: unknown): number {
  const milliseconds = (value as Date).getTime()
  if (Number.isNaN(milliseconds)) throw new TypeError('an answer holds an invalid date')
  return milliseconds / 1000
}
