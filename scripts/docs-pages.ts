import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * Checks what can be checked of a document without running it: links lead somewhere, paths of this repository exist, and lines are at
 * most 120 characters long. Tables and blocks may be wider, since their lines cannot be broken.
 */
const maxColumns = 120
/** Pages that are generated from the code. Their lines may be longer, since a help text is one line. */
const generated = ['docs/settings.md']
const pathInText = /`((?:src|test|docs|scripts|deploy|contract-model|bench|chaos)\/[\w./-]+)`/g

type Page = { readonly path: string; readonly text: string; readonly headings: ReadonlySet<string> }

function readPage(path: string): Page {
  // Blocks are blanked, since an example may contain what looks like a link or a heading.
  const text = readFileSync(path, 'utf8').replace(/^ *```(?!.*```)[\s\S]*?^ *```$/gm, (block) => block.replace(/[^\n]/g, ''))
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
  return { path, text, headings: new Set(headings) }
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

function brokenLinks(page: Page, pages: ReadonlyMap<string, Page>): string[] {
  const found: string[] = []
  for (const { 1: target = '', index } of page.text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? page.path : normalize(join(dirname(page.path), file))
    const place = `${page.path}:${lineOf(page.text, index)}`
    if (!existsSync(path)) found.push(`${place}: the link leads to ${path}, which does not exist`)
    else if (anchor !== undefined && pages.get(path)?.headings.has(anchor) === false) {
      found.push(`${place}: ${path} has no heading for #${anchor}`)
    }
  }
  return found
}

function missingPaths({ path, text }: Page): string[] {
  return [...text.matchAll(pathInText)]
    .filter(([, named = '']) => !existsSync(named))
    .map(({ 1: named, index }) => `${path}:${lineOf(text, index)}: ${named} does not exist`)
}

function longLines({ path, text }: Page): string[] {
  if (generated.includes(path)) return []
  return text.split('\n').flatMap((line, index) => {
    if (line.startsWith('|') || [...line].length <= maxColumns) return []
    return [`${path}:${index + 1}: ${[...line].length} characters; ${maxColumns} are the most`]
  })
}

const guides = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path.replaceAll('\\', '/')}`)
const paths = [...readdirSync('.'), ...guides].filter((path) => path.endsWith('.md'))
const pages = new Map(paths.map((path) => [path, readPage(path)]))
const complaints = [...pages.values()].flatMap((page) => [...brokenLinks(page, pages), ...missingPaths(page), ...longLines(page)])
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
