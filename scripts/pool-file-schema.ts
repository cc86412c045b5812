import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileSchema } from '../src/portability/pool-file/file-schema.ts'

/** Writes docs/pool-file.schema.json, by which editors complete pool files. With `--check` it only checks that the file is current. */
const file = new URL('../docs/pool-file.schema.json', import.meta.url)
const text = `${JSON.stringify(fileSchema(), null, 1)}\n`

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  console.error('docs/pool-file.schema.json is not current: run npm run generate')
  process.exitCode = 1
}
