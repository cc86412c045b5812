import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { isCallExpression, isFunctionLikeDeclaration, type Node, type SourceFile } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

/** A file with more lines contains a second idea that needs a name of its own. Blank lines and comments count. */
const maxFileLines = 300
/** A function with more lines contains a second idea that needs a name of its own. Blank lines and comments count. */
const maxFunctionLines = 50

const root = process.cwd()
const handWritten = /\.(ts|tsx|js|mjs|css|sh)$/
const generated = /^src\/contract\/generated\//

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length
}

function ourFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  return listed.split('\n').filter((path) => handWritten.test(path) && !generated.test(path) && existsSync(path))
}

/** The body of a `describe` is a list of tests and may have any length. */
function isListOfTests(node: Node): boolean {
  return isCallExpression(node.parent) && /^(describe|suite)\b/.test(node.parent.expression.getText())
}

function longFunctions(source: SourceFile): string[] {
  const found: string[] = []
  const visit = (node: Node): void => {
    if (isFunctionLikeDeclaration(node) && node.body !== undefined && !isListOfTests(node)) {
      const lines = lineCount(node.getText(source))
      const line = lineCount(`${source.text.slice(0, node.getStart(source))}.`)
      if (lines > maxFunctionLines) found.push(`:${line} has a function of ${lines} lines; the limit is ${maxFunctionLines}`)
    }
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

const violations: string[] = []
const compiler = new API({ cwd: root })
try {
  const [project] = compiler.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] }).getProjects()
  if (project === undefined) throw new Error('tsconfig.json describes no project')
  for (const path of ourFiles()) {
    const lines = lineCount(readFileSync(path, 'utf8'))
    if (lines > maxFileLines) violations.push(`${path} has ${lines} lines; the limit is ${maxFileLines}`)
    const source = project.program.getSourceFile(`${root}/${path}`)
    if (source !== undefined) violations.push(...longFunctions(source).map((violation) => path + violation))
  }
} finally {
  compiler.close()
}
for (const violation of violations) console.error(violation)
process.exitCode = violations.length === 0 ? 0 : 1
