import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostileTexts } from '../api/generator/tried-values.ts'
import { linesFile, secretsFile } from './evidence.ts'
import { SecretIndex } from './secret-index.ts'

export type SecretScan = {
  /** The lines that show a secret, shortened. */
  readonly findings: readonly string[]
  readonly lines: number
  readonly records: number
  readonly secrets: number
}

/** The request generator sends these texts as passwords, and as names as well, which records may show. */
const sentAsNames = new Set(hostileTexts)

/** Shorter texts, and texts without a digit, occur in lines by chance: they are values that a test made up to be refused. */
const canBeSecret = (text: string): boolean => text.length >= 6 && text.length <= 4096 && /\d/.test(text) && !sentAsNames.has(text)

/** Texts that no line may contain, whatever the tests sent: a JWT, a private key and the secret of a webhook. */
const forbidden = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY|whsec_[A-Za-z\d+/]{16}/

/** Looks in all lines that a test run left behind for the secrets that it left behind. */
export function scanForSecrets(folder: string): SecretScan {
  const secrets = new Set<string>()
  for (const line of linesOf(folder, secretsFile)) {
    const secret: string = JSON.parse(line)
    if (canBeSecret(secret)) secrets.add(secret)
  }
  const index = new SecretIndex(secrets)
  const findings: string[] = []
  let [lines, records] = [0, 0]
  for (const line of linesOf(folder, linesFile)) {
    lines++
    if (line.includes('"request_id"')) records++
    const text = decoded(line)
    const shown = index.find(text) ?? forbidden.exec(text)?.[0]
    if (shown !== undefined) findings.push(`${shown.slice(0, 40)} in ${line.slice(0, 600)}`)
  }
  return { findings, lines, records, secrets: secrets.size }
}

/** Every text in a line of JSON without its escapes, also in texts that are JSON themselves. Another line is returned as it is. */
function decoded(line: string): string {
  const texts: string[] = []
  collectTexts(parsed(line), texts)
  return texts.join('\n')
}

function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value === 'string') {
    texts.push(value)
    const inner = parsed(value)
    if (inner !== value) collectTexts(inner, texts)
  } else if (typeof value === 'number') {
    if (Number.isInteger(value)) texts.push(String(value))
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      texts.push(name)
      collectTexts(member, texts)
    }
  }
}

/** The value of a text that is a JSON object or array, otherwise the text. */
function parsed(text: string): unknown {
  if (!/^[{[]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Only `\n` ends a line: JSON may hold other line ends, such as U+2028. */
function* linesOf(folder: string, kind: string): Generator<string> {
  for (const name of readdirSync(folder).filter((name) => name.startsWith(`${kind}-`))) {
    yield* readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean)
  }
}
