import { readFileSync } from 'node:fs'

/**
 * A fenced block of a page. `kind` says what the check does with the block. It follows from the words after the language: see `readBlocks`.
 */
export type Block = {
  readonly page: string
  readonly line: number
  readonly text: string
  readonly kind: 'run' | 'server' | 'file' | 'not-run'
  readonly language: string
  /** The path of the file that a block of kind `file` is written to. */
  readonly path?: string
}

/**
 * Finds the blocks of a page that the check has to know:
 *
 * - ```` ```sh ```` and ```` ```js ```` are run, in the order of the page.
 * - ```` ```sh server ```` starts the server that the blocks after it use.
 * - ```` ```LANGUAGE file: PATH ```` is written to that file.
 * - ```` ```sh not-run: REASON ```` is not run.
 */
export function readBlocks(page: string, complaints: string[]): Block[] {
  const blocks: Block[] = []
  let open: { readonly line: number; readonly words: string; readonly lines: string[] } | undefined
  for (const [index, line] of readFileSync(page, 'utf8').split('\n').entries()) {
    if (open === undefined) {
      const words = /^\s*```(.*)$/.exec(line)?.[1]
      if (words !== undefined) open = { line: index + 1, words: words.trim(), lines: [] }
    } else if (/^\s*```\s*$/.test(line)) {
      const block = readBlock({ page, line: open.line, text: open.lines.join('\n') }, open.words, complaints)
      if (block !== undefined) blocks.push(block)
      open = undefined
    } else open.lines.push(line)
  }
  if (open !== undefined) complaints.push(`${page}:${open.line}: the block has no end`)
  return blocks
}

function readBlock(place: Pick<Block, 'page' | 'line' | 'text'>, words: string, complaints: string[]): Block | undefined {
  const [, language = '', mark = ''] = /^(\S*)\s*(.*)$/.exec(words) ?? []
  const path = /^file: (\S+)$/.exec(mark)?.[1]
  if (path !== undefined) return { ...place, kind: 'file', language, path }
  if (['bash', 'shell', 'console'].includes(language)) complaints.push(`${place.page}:${place.line}: write sh, not ${language}`)
  if (language !== 'sh' && language !== 'js') return undefined
  if (/^not-run: \S+ \S+/.test(mark)) return { ...place, kind: 'not-run', language }
  if (mark === 'server' && language === 'sh') return { ...place, kind: 'server', language }
  if (mark !== '') complaints.push(`${place.page}:${place.line}: "${mark}" must be server, file: PATH or not-run: REASON IN WORDS`)
  return { ...place, kind: 'run', language }
}

/**
 * The lines of output that a block shows: comments that begin with `# →` or `// →`. An ellipsis stands for any text, and a number of five
 * digits or more for any number. So a page can show an id or a time as an example.
 */
export function expectedOutput(text: string): RegExp[] {
  return [...text.matchAll(/^(?:#|\/\/) → (.*)$/gm)].map(([, line = '']) => {
    const parts = line.trim().split(/(…|\b\d{5,}(?:\.\d+)?\b)/)
    return new RegExp(
      parts
        .map((part, index) => (index % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : part === '…' ? '.*' : '[\\d.]+'))
        .join(''),
    )
  })
}
