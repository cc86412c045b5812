import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { linesFile, secretsFile } from './evidence.ts'

export type SecretScan = {
  /** The lines that show a secret, shortened. */
  readonly findings: readonly string[]
  readonly lines: number
  readonly records: number
  readonly secrets: number
}

/** Shorter texts, and texts without a digit, occur in lines by chance: they are values that a test made up to be refused. */
const canBeSecret = (text: string): boolean => text.length >= 6 && text.length <= 4096 && /\d/.test(text)

/** What a line is split into: everything that a code, a token or most passwords consist of. */
const words = /[\w.~+/-]+/g
const isWord = /^[\w.~+/-]+$/
/** Punctuation at the ends of a word, and the padding of base64, do not count. */
const trimmed = (text: string): string => text.replace(/^[./-]+|[./=-]+$/g, '')

/** Texts that no line may contain, whatever the tests sent: a JWT, a private key and the secret of a webhook. */
const forbidden = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY|whsec_[A-Za-z\d+/]{16}/

/** Looks in all lines that a test run left behind for the secrets that it left behind. */
export async function scanForSecrets(folder: string): Promise<SecretScan> {
  const secrets = new Set<string>()
  for await (const line of linesOf(folder, secretsFile)) {
    const secret = trimmed(JSON.parse(line))
    if (canBeSecret(secret)) secrets.add(secret)
  }
  const phrases = [...secrets].filter((secret) => !isWord.test(secret))
  const findings: string[] = []
  let [lines, records] = [0, 0]
  for await (const line of linesOf(folder, linesFile)) {
    lines++
    if (line.includes('"request_id"')) records++
    const found =
      (line.match(words) ?? []).map(trimmed).find((word) => secrets.has(word)) ?? phrases.find((phrase) => line.includes(phrase))
    const shown = found ?? forbidden.exec(line)?.[0]
    if (shown !== undefined) findings.push(`${shown.slice(0, 40)} in ${line.slice(0, 600)}`)
  }
  return { findings, lines, records, secrets: secrets.size }
}

async function* linesOf(folder: string, kind: string): AsyncGenerator<string> {
  for (const name of readdirSync(folder).filter((name) => name.startsWith(`${kind}-`))) {
    yield* createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Number.POSITIVE_INFINITY })
  }
}
