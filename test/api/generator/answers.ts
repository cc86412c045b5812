import { definitionOf, getShape, type Shape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import type { RawAnswer } from '../../support/raw-call.ts'

/** What any operation may answer, whether its model lists it or not; the last one stands for features that are not built. */
const commonErrors = ['InvalidParameterException', 'SerializationException', 'UnsupportedOperationException']

/** What the model's own check answers, before a handler runs. */
const modelRefusals = ['InvalidParameterException', 'SerializationException']

/** What is wrong with an answer to any request at all; undefined when it is 200 in the modelled shape, or a refusal the model lists. */
export function faultIn(name: OperationName, answer: RawAnswer): string | undefined {
  const { status, headers, text } = answer
  if (headers.get('content-type') !== 'application/x-amz-json-1.1') return `content type ${headers.get('content-type')}`
  if (!/^[0-9a-f-]{36}$/.test(headers.get('x-amzn-requestid') ?? '')) return 'no request id'
  if (status === 200) return faultInOutput(name, text)
  return status === 400 ? faultInRefusal(name, answer) : `status ${status}`
}

/** The same for a request that breaks the model, which must be refused as such. */
export function faultInModelRefusal(name: OperationName, answer: RawAnswer): string | undefined {
  const fault = faultIn(name, answer)
  if (fault !== undefined) return fault
  const code = codeOf(answer)
  return modelRefusals.includes(code) ? undefined : `${code || 'success'} where the model is broken`
}

/** Required in requests. A domain without a certificate of its own is described with an empty configuration (observed). */
const sometimesLeftOut = ['CertificateArn']

/** Empty for an answer that is no refusal. */
export function codeOf({ status, body }: RawAnswer): string {
  return status === 200 ? '' : String(body['__type'])
}

function faultInRefusal(name: OperationName, { headers, body }: RawAnswer): string | undefined {
  const { __type: code, message, ...others } = body
  if (typeof code !== 'string' || typeof message !== 'string' || message === '') return 'a refusal without code or message'
  if (Object.keys(others).some((member) => member !== 'reasonCode')) return `surplus members: ${Object.keys(others)}`
  if (headers.get('x-amzn-errortype') !== code) return `the header says ${headers.get('x-amzn-errortype')}, the body ${code}`
  if (!message.isWellFormed()) return 'a message that is not well-formed'
  const listed: readonly string[] = [...definitionOf(name).errors, ...commonErrors]
  return listed.includes(code) || isUnknownUser(name, code) ? undefined : `${code}, which its model does not list`
}

/** What every operation of administrators was seen to answer about somebody who does not exist, whether its model lists it or not. */
function isUnknownUser(name: OperationName, code: string): boolean {
  return code === 'UserNotFoundException' && name.startsWith('Admin')
}

function faultInOutput(name: OperationName, text: string): string | undefined {
  const { output } = definitionOf(name)
  if (output === undefined) return text === '' ? undefined : 'a body where the model has none'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'a body that is no JSON'
  }
  return faultInValue(output, value, '')
}

function faultInValue(shapeName: string, value: unknown, path: string): string | undefined {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'structure':
      return faultInStructure(shape, value, path)
    case 'list':
      if (!Array.isArray(value)) return `${path} is no list`
      return firstFault(value.map((element, at) => [element, shape.member, `${path}.${at}`]))
    case 'map':
      if (!isObject(value)) return `${path} is no map`
      return firstFault(Object.entries(value).map(([key, entry]) => [entry, shape.value, `${path}.${key}`]))
    default:
      return isScalar(shape, value) ? undefined : `${path} is ${JSON.stringify(value)?.slice(0, 100)} and no ${shapeName}`
  }
}

function faultInStructure({ members = {}, required = [] }: Shape, value: unknown, path: string): string | undefined {
  if (!isObject(value)) return `${path} is no structure`
  const missing = required.find((name) => !Object.hasOwn(value, name) && !sometimesLeftOut.includes(name))
  if (missing !== undefined) return `${path}.${missing} is missing`
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(members, name))
  if (unknown !== undefined) return `${path}.${unknown} is not in the model`
  return firstFault(Object.entries(value).map(([name, entry]) => [entry, members[name], `${path}.${name}`]))
}

function firstFault(entries: readonly (readonly [value: unknown, shapeName: string | undefined, path: string])[]): string | undefined {
  for (const [value, shapeName = '', path] of entries) {
    const fault = faultInValue(shapeName, value, path)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Types and known values only: the service itself answers with texts that its own patterns would refuse in a request. */
function isScalar({ type, enum: values }: Shape, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() && (values === undefined || values.includes(value))
    case 'blob':
      return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    case 'integer':
    case 'long':
      return Number.isSafeInteger(value)
    case 'timestamp':
      return Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    default:
      return value !== null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
