import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { fileSchema } from '../../../src/portability/pool-file/file-schema.ts'

it('The schema of pool files is a valid JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false })
  assert.ok(ajv.validateSchema(fileSchema()), ajv.errorsText())
})
