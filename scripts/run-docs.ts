import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Block, expectedOutput, readBlocks } from './docs-blocks.ts'

/**
 * Runs the examples of README.md and docs/, so that they stay true. Each page runs in a folder of its own against a server of its own,
 * after the blocks of docs/before-you-begin.md. `aws` and `curl` are stand-ins, so that the check needs no more than Node and `sh`;
 * with `--real` they are the machine's own. Pages can be named: `node scripts/run-docs.ts docs/codes.md`.
 */
const root = process.cwd()
const beginning = 'docs/before-you-begin.md'
const real = process.argv.includes('--real')
const pageSeconds = 120

const commands: Readonly<Record<string, string>> = {
  // The pages begin with `npm ci`. It does nothing here, because the check runs where the packages are installed already.
  npm: `case "$1" in
  ci | run) exit 0 ;;
  start) shift; [ "$1" = -- ] && shift; exec '${process.execPath}' '${root}/src/main.ts' dev --port "$LIFEGUARD_DOCS_PORT" "$@" ;;
esac
echo "the check of the documents knows no npm $1" >&2; exit 1`,
  npx: `shift; exec '${process.execPath}' "$@"`,
  node: `exec '${process.execPath}' "$@"`,
  sudo: 'exec "$@"',
  ...(real
    ? {}
    : {
        aws: `exec '${process.execPath}' '${root}/scripts/docs-aws.ts' "$@"`,
        openssl: `[ "$*" = 'rand -base64 32' ] || exit 1; exec '${process.execPath}' -p 'crypto.randomBytes(32).toString("base64")'`,
        curl: `exec '${process.execPath}' '${root}/scripts/docs-curl.ts' "$@"`,
      }),
}

type Result = { readonly page: string; readonly ran: number; readonly seconds: number; readonly failure: string | undefined }

function ourPages(): string[] {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
  if (named.length > 0) return named
  const guides = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'))
  return ['README.md', ...guides.sort().map((path) => `docs/${path.replaceAll('\\', '/')}`)]
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/**
 * README needs no other page. Every other page continues where before-you-begin ends. If a page has its own block that starts the server,
 * its blocks up to that one run first, and the server of before-you-begin is not started.
 */
function inOrder(page: string, blocks: readonly Block[], begin: readonly Block[]): readonly Block[] {
  if (page === 'README.md' || page === beginning) return blocks
  const at = blocks.findIndex(({ kind }) => kind === 'server')
  const setUp = begin.filter(({ kind }) => kind !== 'server' || at < 0)
  return [...blocks.slice(0, at + 1), ...setUp, ...blocks.slice(at + 1)]
}

/** The text of a block with the port of this run, and with paths such as /etc/lifeguard moved into the folder of the page. */
function moved(text: string, folder: string, port: number): string {
  return text
    .replaceAll('localhost:9911', `localhost:${port}`)
    .replaceAll(/(?<![\w.])\/(etc|var\/lib)\/lifeguard/g, `${folder}/$1/lifeguard`)
    .replaceAll(/(?<![\w.])\/backup\b/g, `${folder}/backup`)
}

const mark = '\u0001'

function script(blocks: readonly Block[], folder: string, port: number): string {
  const parts = blocks.map((block, index) => {
    const text = moved(block.text, folder, port)
    const run = block.kind === 'server' ? startServer(text) : block.language === 'js' ? `node block-${index}.mjs` : text
    if (block.language === 'js' && block.kind === 'run') writeFileSync(join(folder, `block-${index}.mjs`), text)
    const written = block.kind === 'file' ? writeBlock(join(folder, block.path ?? ''), text) : run
    return `printf '\\n${mark}%s\\n' ${index}; printf '\\n${mark}%s\\n' ${index} >&2\n${written}\n[ ! -s "$LIFEGUARD_DOCS_FAILURES" ]`
  })
  return ['set -e', ...parts, ''].join('\n')
}

/** Shell text that writes the file only when the shell reaches the block, as a reader would. An earlier block may make the folder. */
function writeBlock(path: string, text: string): string {
  return `mkdir -p '${dirname(path)}'\ncat > '${path}' <<'END_OF_FILE_OF_DOCUMENT'\n${text}\nEND_OF_FILE_OF_DOCUMENT`
}

function startServer(text: string): string {
  return `{\n${text}\n} > server.log 2>&1 &\nserver=$!\nuntil grep -q 'is ready' server.log; do
  kill -0 "$server" || { cat server.log >&2; exit 1; }
  sleep 0.1\ndone`
}

function prepare(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-docs-'))
  for (const name of ['bin', 'functions', 'dist', 'backup']) mkdirSync(join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  // This file stands in for the built program: it runs the source.
  writeFileSync(join(folder, 'dist/main.js'), `await import('${root}/src/main.ts')\n`)
  for (const [name, text] of Object.entries(commands)) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  return folder
}

function environment(folder: string, port: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|LIFEGUARD_|NODE_TEST_CONTEXT)/.test(name))
  return {
    ...Object.fromEntries(own),
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    LIFEGUARD_DOCS_PORT: String(port),
    LIFEGUARD_DOCS_FAILURES: join(folder, 'failures'),
  }
}

/** Runs the shell, and ends it together with the server that it started. */
function runShell(folder: string, text: string, port: number): Promise<{ code: number | null; stdout: string; stderr: string }> {
  writeFileSync(join(folder, 'page.sh'), text)
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['page.sh'], {
      cwd: folder,
      env: environment(folder, port),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const endGroup = () => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL')
      } catch {
        // The shell and its server have ended already.
      }
    }
    const timer = setTimeout(endGroup, pageSeconds * 1000)
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      endGroup()
    })
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The output of each block, by its number. */
function outputs(text: string): ReadonlyMap<number, string> {
  const [, ...chunks] = text.split(mark)
  return new Map(chunks.map((chunk) => [Number.parseInt(chunk, 10), chunk.slice(chunk.indexOf('\n') + 1)]))
}

function findFailure(
  blocks: readonly Block[],
  { code, stdout, stderr }: { code: number | null; stdout: string; stderr: string },
): string | undefined {
  const said = outputs(stdout)
  const errors = outputs(stderr)
  const last = Math.max(...said.keys())
  for (const [index, block] of blocks.entries()) {
    // A reader's terminal shows standard output and errors together.
    const output = `${said.get(index) ?? ''}\n${errors.get(index) ?? ''}`
    const place = `${block.page}:${block.line}`
    if (code !== 0 && index === last) {
      return `${place}: a command of the block failed (${code ?? 'time-out'})\n${block.text}\n${output}`
    }
    for (const expected of expectedOutput(block.text)) {
      if (!expected.test(output)) return `${place}: the output does not have the line that matches ${expected}\n${output}`
    }
  }
  return code === 0 ? undefined : `${blocks[0]?.page}: the shell ended with ${code ?? 'a time-out'}\n${stderr}`
}

async function runPage(page: string, begin: readonly Block[], complaints: string[]): Promise<Result | undefined> {
  const own = readBlocks(page, complaints).filter(({ kind }) => kind !== 'not-run')
  if (own.length === 0) return undefined
  if (page !== 'README.md' && page !== beginning && !/\]\((\.\.\/)?before-you-begin\.md/.test(readFileSync(page, 'utf8'))) {
    complaints.push(`${page} has examples and no link to before-you-begin.md`)
  }
  const started = performance.now()
  const blocks = inOrder(page, own, begin)
  const folder = prepare()
  try {
    const port = await freePort()
    const outcome = await runShell(folder, script(blocks, folder, port), port)
    const failure = findFailure(blocks, outcome)
    const log = join(folder, 'server.log')
    const told =
      failure !== undefined && existsSync(log) ? `${failure}\nThe server said:\n${readFileSync(log, 'utf8').slice(-2000)}` : failure
    return { page, ran: own.length, seconds: (performance.now() - started) / 1000, failure: told }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

const complaints: string[] = []
const begin = readBlocks(beginning, []).filter(({ kind }) => kind !== 'not-run')
const waiting = ourPages()
async function work(): Promise<void> {
  for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
    const result = await runPage(page, begin, complaints)
    if (result === undefined) continue
    console.log(`${result.failure === undefined ? 'ok  ' : 'FAIL'} ${page}: ${result.ran} blocks in ${result.seconds.toFixed(1)} s`)
    if (result.failure !== undefined) complaints.push(result.failure)
  }
}
await Promise.all([work(), work()])
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
