import type { BreachSource } from './breach-source.ts'

/**
 * Some 49,000 common passwords from the package `@zxcvbn-ts/language-common`. They are loaded with the first lookup, and then take 5 MB of
 * memory in this process.
 */
let commonPasswords: Promise<ReadonlySet<string>> | undefined

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'].map(String))
}

/** The list has lower case only, and a password is no harder to guess in capitals. So case is ignored, and so is the width of letters. */
const folded = (password: string): string => password.normalize('NFKC').toLowerCase()

/** The list of common passwords that is part of the program. */
export function createEmbeddedSource(): BreachSource {
  return {
    kind: 'embedded',
    async has({ text }) {
      commonPasswords ??= loadCommonPasswords()
      return (await commonPasswords).has(folded(text))
    },
    close: () => Promise.resolve(),
  }
}
