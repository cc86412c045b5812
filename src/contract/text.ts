/** Stands in messages for what a database cannot store as text: U+0000 (PostgreSQL) and halves of surrogate pairs (UTF-8). */
export const unstorableText = 'Member must be well-formed Unicode text without the character U+0000'

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
