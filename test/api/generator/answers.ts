import { isObject } from '../../../src/base/is-object.ts'
import { definitionOf, getShape, type Shape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import type { RawAnswer } from '../../support/raw-call.ts'

/** Errors that every operation may return, even if its model lists none of them. UnsupportedOperationException means: not implemented. */
const commonErrors = ['InvalidParameterException', 'SerializationException', 'UnsupportedOperationException']

/** The errors of a request that breaks the API model. The server checks a request against the model before it runs the handler. */
const modelErrors = ['InvalidParameterException', 'SerializationException']

/**
 * Says what is wrong with a response. Undefined for a correct one: status 200 and the shape that the model defines, or status 400 and an
 * allowed error.
 */
export function faultIn(name: OperationName, answer: RawAnswer): string | undefined {
  const { status, headers, text } = answer
  if (headers.get('content-type') !== 'application/x-amz-json-1.1') return `content type ${headers.get('content-type')}`
  if (!/^[0-9a-f-]{36}$/.test(headers.get('x-amzn-requestid') ?? '')) return 'no request id'
  if (status === 200) return faultInOutput(name, text)
  return status === 400 ? faultInError(name, answer) : `status ${status}`
}

/** Says what is wrong with the response to a request that breaks the model. The response must be one of `modelErrors`. */
export function faultInModelError(name: OperationName, answer: RawAnswer): string | undefined {
  const fault = faultIn(name, answer)
  if (fault !== undefined) return fault
  const code = codeOf(answer)
  return modelErrors.includes(code) ? undefined : `${code || 'success'} for a request that breaks the model`
}

/**
 * Members that the model requires, but that a response may lack. Cognito shows an empty configuration for a domain without a certificate
 * (observed).
 */
const optionalInResponses = ['CertificateArn']

/** The error code of a response. Empty for a success. */
export function codeOf({ status, body }: RawAnswer): string {
  return status === 200 ? '' : String(body['__type'])
}

function faultInError(name: OperationName, { headers, body }: RawAnswer): string | undefined {
  const { __type: code, message, ...others } = body
  if (typeof code !== 'string' || typeof message !== 'string' || message === '') return 'an error without code or message'
  if (Object.keys(others).some((member) => member !== 'reasonCode')) return `unknown members: ${Object.keys(others)}`
  if (headers.get('x-amzn-errortype') !== code) return `the header says ${headers.get('x-amzn-errortype')}, the body ${code}`
  if (!message.isWellFormed()) return 'a message that is not well-formed'
  const listed: readonly string[] = [...definitionOf(name).errors, ...commonErrors]
  return listed.includes(code) || isUnknownUser(name, code) || isOfOwnTrigger(name, code)
    ? undefined
    : `${code}, which its model does not list`
}

/**
 * Whether `code` says that the user does not exist. Every `Admin…` operation may return this error, even if its model lacks it (observed).
 */
function isUnknownUser(name: OperationName, code: string): boolean {
  return code === 'UserNotFoundException' && name.startsWith('Admin')
}

/** Operations that call a trigger which Cognito does not have. So their models do not list the errors of triggers. */
const withOwnTrigger: readonly OperationName[] = ['DeleteUser', 'AdminDeleteUser', 'DeleteUserAttributes', 'AdminDeleteUserAttributes']

function isOfOwnTrigger(name: OperationName, code: string): boolean {
  const ofTriggers = ['UserLambdaValidationException', 'UnexpectedLambdaException', 'InvalidLambdaResponseException']
  return withOwnTrigger.includes(name) && ofTriggers.includes(code)
}

function faultInOutput(name: OperationName, text: string): string | undefined {
  const { output } = definitionOf(name)
  if (output === undefined) return text === '' ? undefined : 'a body where the model has none'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'a body that is not JSON'
  }
  return faultInValue(output, value, '')
}

function faultInValue(shapeName: string, value: unknown, path: string): string | undefined {
  const shape = getShape(shapeName)
  switch (shape.type) {
    case 'structure':
      return faultInStructure(shape, value, path)
    case 'list':
      if (!Array.isArray(value)) return `${path} is not a list`
      return firstFault(value.map((element, at) => [element, shape.member, `${path}.${at}`]))
    case 'map':
      if (!isObject(value)) return `${path} is not a map`
      return firstFault(Object.entries(value).map(([key, entry]) => [entry, shape.value, `${path}.${key}`]))
    default:
      return isScalar(shape, value) ? undefined : `${path} is ${JSON.stringify(value)?.slice(0, 100)} and not a ${shapeName}`
  }
}

function faultInStructure({ members = {}, required = [] }: Shape, value: unknown, path: string): string | undefined {
  if (!isObject(value)) return `${path} is not a structure`
  const missing = required.find((name) => !Object.hasOwn(value, name) && !optionalInResponses.includes(name))
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

/**
 * Whether the value has the type of the shape, and is one of the known values if the shape lists them. Patterns are not checked, because
 * the service returns texts that its patterns would reject in a request.
 */
function isScalar({ type, enum: values }: Shape, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value.isWellFormed() && (values === undefined || values.includes(value))
    case 'blob':
      return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    case 'integer':
    case 'long':
      return Number.isSafeInteger(value)
    case 'double':
    case 'timestamp':
      return Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    default:
      return value !== null
  }
}
