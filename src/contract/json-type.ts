import { ApiError } from './api-error.ts'

/** The refusal of a JSON value that has another type than the shape it stands for. The texts are those of AWS's own JSON reader. */
export function wrongType(value: unknown, wanted: 'String' | 'Integer' | 'Long' | 'Boolean' | 'Date' | 'ByteBuffer' | undefined): ApiError {
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
