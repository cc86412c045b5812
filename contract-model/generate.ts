import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readModel } from './read-model.ts'
import { writeRuntimeModel } from './write-runtime-model.ts'
import { writeTypes } from './write-types.ts'

const folder = new URL('../src/contract/generated/', import.meta.url)

function generatedFiles(): Readonly<Record<string, string>> {
  const model = readModel()
  return { 'types.ts': writeTypes(model), 'model.json': writeRuntimeModel(model) }
}

function currentText(url: URL): string | undefined {
  try {
    return readFileSync(url, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const stale = Object.entries(generatedFiles()).filter(([name, text]) => currentText(new URL(name, folder)) !== text)
if (process.argv.includes('--check')) {
  for (const [name] of stale) console.error(`src/contract/generated/${name} is not current: run npm run generate`)
  if (stale.length > 0) process.exitCode = 1
} else {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of stale) writeFileSync(new URL(name, folder), text)
  console.log(stale.length === 0 ? 'Everything is current.' : `Written: ${stale.map(([name]) => name).join(', ')}`)
}
