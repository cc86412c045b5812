import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares digests, so that the time does not depend on content or length. */
export function isSameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
