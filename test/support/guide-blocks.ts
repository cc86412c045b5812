import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** The first block of a guide in `docs/` in this language. */
export function blockOfGuide(guide: string, language: string): string {
  const text = readFileSync(new URL(`../../docs/${guide}`, import.meta.url), 'utf8')
  const block = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  assert.ok(block)
  return block
}
