import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostileTexts } from '../api/generator/tried-values.ts'
import { linesFile, secretsFile } from './evidence.ts'

export type SecretScan = {
  /** The lines that show a secret, shortened. */
  readonly findings: readonly string[]
  readonly lines: number
  readonly records: number
  readonly secrets: number
}

/** Punctuation at the ends of a word, and the padding of base64, do not count. */
const trimmed = (text: string): string => text.replace(/^[./-]+|[./=-]+$/g, '')

/** The request generator sends these texts as passwords, and as names as well, which records may show. */
const sentAsNames = new Set(hostileTexts.map(trimmed))

/** Shorter texts, and texts without a digit, occur in lines by chance: they are values that a test made up to be refused. */
const canBeSecret = (text: string): boolean => text.length >= 6 && text.length <= 4096 && /\d/.test(text) && !sentAsNames.has(text)

/** What a line is split into: everything that a code, a token or most passwords consist of. */
const words = /[\w.~+/-]+/g
const isWord = /^[\w.~+/-]+$/

/** Texts that no line may contain, whatever the tests sent: a JWT, a private key and the secret of a webhook. */
const forbidden = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY|whsec_[A-Za-z\d+/]{16}/

/** Looks in all lines that a test run left behind for the secrets that it left behind. */
export function scanForSecrets(folder: string): SecretScan {
  const secrets = new Set<string>()
  for (const line of linesOf(folder, secretsFile)) {
    const secret = trimmed(JSON.parse(line))
    if (canBeSecret(secret)) secrets.add(secret)
  }
  const phrases = [...secrets].filter((secret) => !isWord.test(secret))
  const findings: string[] = []
  let [lines, records] = [0, 0]
  for (const line of linesOf(folder, linesFile)) {
    lines++
    if (line.includes('"request_id"')) records++
    const found =
      (line.match(words) ?? []).map(trimmed).find((word) => secrets.has(word)) ?? phrases.find((phrase) => line.includes(phrase))
    const shown = found ?? forbidden.exec(line)?.[0]
    if (shown !== undefined) findings.push(`${shown.slice(0, 40)} in ${line.slice(0, 600)}`)
  }
  return { findings, lines, records, secrets: secrets.size }
}

/** Only `\n` ends a line: JSON may hold other line ends, such as U+2028. */
function* linesOf(folder: string, kind: string): Generator<string> {
  for (const name of readdirSync(folder).filter((name) => name.startsWith(`${kind}-`))) {
    yield* readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean)
  }
}
