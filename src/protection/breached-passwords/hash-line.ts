import { BreachSourceError } from './breach-source.ts'

/** One line of a file of stolen passwords: the SHA-1 in 40 hex digits, in upper case, and how often it was found in stolen lists. */
export type HashLine = { readonly sha1: string; readonly count: number }

/** The longest line with its line break: 40 digits, the colon, a count of up to 19 digits, CR and LF. */
export const maxLineBytes = 62

const pattern = /^([0-9A-Fa-f]{40}):(\d{1,19})\r?$/

/** Reads a line without its LF. @throws BreachSourceError when it is not of the form `SHA1:count` */
export function readHashLine(text: string): HashLine {
  const [, sha1, count] = pattern.exec(text) ?? []
  if (sha1 === undefined) throw new BreachSourceError('a line is not of the form SHA1:count')
  return { sha1: sha1.toUpperCase(), count: Number(count) }
}

/** The first eight digits of the hash as a share of the whole range of hashes: from 0 to 1. */
export function positionOf({ sha1 }: Pick<HashLine, 'sha1'>): number {
  return Number.parseInt(sha1.slice(0, 8), 16) / 2 ** 32
}
