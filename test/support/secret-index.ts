/** Every secret is found by its first characters, as many as the shortest one has. */
const keyLength = 6
/** The bits of the filter that most places of a text do not pass. */
const filterBits = 24

const isCode = /^\d{6,8}$/
const uuids = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi
/** Digits inside a word belong to a random identifier, and digits of a fraction to a duration. */
const codesIn = /(?<![\dA-Za-z]|\d\.)\d{6,8}(?![\dA-Za-z])/g
const isWordCharacter = /[\dA-Za-z]/

/** A secret shorter than this counts only if it is not part of a longer word. */
const shortestPart = 10

/** Finds many secrets in a text in one pass over it: codes of digits as words of their own, other secrets anywhere, also URL-encoded. */
export class SecretIndex {
  readonly #codes = new Set<string>()
  readonly #byKey = new Map<string, string[]>()
  readonly #filter = new Uint8Array(1 << filterBits)

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) {
      if (isCode.test(secret)) this.#codes.add(secret)
      else for (const form of new Set([secret, encoded(secret)])) this.#add(form)
    }
  }

  /** The first secret in the text, if there is one. */
  find(text: string): string | undefined {
    return this.#findCode(text) ?? this.#findPart(text)
  }

  #add(secret: string): void {
    const key = secret.slice(0, keyLength)
    const known = this.#byKey.get(key)
    if (known === undefined) this.#byKey.set(key, [secret])
    else known.push(secret)
    this.#filter[hashAt(secret, 0)] = 1
  }

  #findCode(text: string): string | undefined {
    return text
      .replace(uuids, '')
      .match(codesIn)
      ?.find((code) => this.#codes.has(code))
  }

  #findPart(text: string): string | undefined {
    for (let at = 0; at + keyLength <= text.length; at++) {
      if (this.#filter[hashAt(text, at)] !== 1) continue
      const secrets = this.#byKey.get(text.slice(at, at + keyLength))
      const found = secrets?.find((secret) => text.startsWith(secret, at) && (secret.length >= shortestPart || isWhole(text, at, secret)))
      if (found !== undefined) return found
    }
    return undefined
  }
}

function isWhole(text: string, at: number, { length }: string): boolean {
  return !isWordCharacter.test(text[at - 1] ?? '') && !isWordCharacter.test(text[at + length] ?? '')
}

function hashAt(text: string, at: number): number {
  let hash = 0
  for (let i = at; i < at + keyLength; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i) + (hash >>> 7)
  return (hash ^ (hash >>> filterBits)) & ((1 << filterBits) - 1)
}

/** A text with half of a surrogate pair cannot be encoded. */
function encoded(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text
}
