import modelJson from './generated/model.json' with { type: 'json' }
import type { ModelledErrorCode, OperationName } from './generated/types.ts'

export type Service = 'user-pools' | 'identity-pools' | 'lifeguard'

export type OperationDefinition = {
  readonly service: Service
  /** The name in `X-Amz-Target`. It differs from the operation's `OperationName` only where two services share a name. */
  readonly wireName: string
  /** Whether callers sign their requests (SigV4). */
  readonly signed: boolean
  readonly input: string
  /** The name of the response's shape. Absent when the response has an empty body. */
  readonly output?: string
  readonly errors: readonly ModelledErrorCode[]
}

/** A shape of the service models. `min` and `max` bound the value of a number, and the length of anything else. */
export type Shape = {
  readonly type: 'string' | 'integer' | 'long' | 'double' | 'boolean' | 'timestamp' | 'blob' | 'document' | 'list' | 'map' | 'structure'
  readonly min?: number
  readonly max?: number
  /** The regular expression that a string must match, as the service prints it in its error messages. */
  readonly pattern?: string
  /** With this text at the start of a value, the pattern applies to the rest of the value. */
  readonly optionalStart?: string
  readonly enum?: readonly string[]
  /** The value is a secret: it must not appear in error messages and logs. */
  readonly sensitive?: boolean
  readonly emptyAllowed?: boolean
  readonly required?: readonly string[]
  /** Member name → shape name. */
  readonly members?: Readonly<Record<string, string>>
  readonly member?: string
  readonly key?: string
  readonly value?: string
}

type Model = {
  readonly operations: Readonly<Record<OperationName, OperationDefinition>>
  readonly shapes: Readonly<Record<string, Shape>>
  readonly patterns: Readonly<Record<string, { readonly source: string; readonly flags: string }>>
}

const model = modelJson as unknown as Model

/** The operations of all services. */
export const operationNames = Object.keys(model.operations) as readonly OperationName[]

export function definitionOf(name: OperationName): OperationDefinition {
  return model.operations[name]
}

export function getShape(name: string): Shape {
  const shape = model.shapes[name]
  if (shape === undefined) throw new Error(`The contract has no shape ${name}.`)
  return shape
}

/** The regular expression in JavaScript for a pattern of the service, which runs on Java. */
export function javaScriptPattern(pattern: string): { readonly source: string; readonly flags: string } {
  return model.patterns[pattern] ?? { source: pattern, flags: 'u' }
}
