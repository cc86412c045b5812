import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { pageTexts } from '../src/web/pages/texts.ts'

/** Writes docs/page-texts.md from the English texts of the pages. With `--check` it only checks that the page is current. */
const page = new URL('../docs/page-texts.md', import.meta.url)

const inCell = (text: string): string => text.replaceAll('|', '\\|')
const rows = Object.entries(pageTexts.defaults).map(([key, text]) => `| \`${key}\` | ${inCell(text)} |`)

const text = `# Texts of the hosted pages

Generated from \`src/web/pages/locales/en.ts\` by \`npm run generate\`. [Own texts](hosted-pages.md#own-texts) says how to
replace them. A word in braces is a value that the page puts in. Your text must contain it, too.

| key | text in English |
|---|---|
${rows.join('\n')}
`

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/page-texts.md is not current: run npm run generate')
  process.exitCode = 1
}
