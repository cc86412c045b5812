import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { fileSchema } from './file-schema.ts'
import { fileError, type Path, type PoolFile } from './read-files.ts'

/** A process checks a few files at most. So the schema itself is not checked here, which a test does, and its code is not optimised. */
const options = { strict: false, allErrors: true, verbose: true, validateSchema: false, code: { optimize: false } } as const

let validator: ReturnType<Ajv2020['compile']> | undefined

/**
 * Checks names, types and limits against the JSON Schema of pool files.
 * @throws PoolFileError with the first mistake
 */
export function checkFile(file: PoolFile): void {
  validator ??= new Ajv2020(options).compile(fileSchema())
  if (validator(file.content)) return
  const errors = validator.errors ?? []
  // A misspelt member is also one that is missing. The error of an `anyOf` follows those of its branches, of which the first is the plain value.
  const error = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0]
  if (error === undefined) return
  throw fileError(file, placeOf(file, error), textOf(error))
}

function placeOf(file: PoolFile, { instancePath, params }: ErrorObject): Path {
  const path: (string | number)[] = []
  let value: unknown = file.content
  for (const step of instancePath.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(value) ? Number(name) : name)
    value = (value as Record<string, unknown>)[name]
  }
  const { additionalProperty: unknown } = params as { additionalProperty?: string }
  return unknown === undefined ? path : [...path, unknown]
}

function textOf({ keyword, params, message = '', parentSchema }: ErrorObject): string {
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object })?.properties ?? {})
      return `the member is not known. Known are ${known.join(', ')}.`
    }
    case 'required':
      return `the member ${params['missingProperty']} is missing.`
    case 'enum':
      return `the value must be one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}.`
    default:
      return `the value ${message}.`
  }
}
