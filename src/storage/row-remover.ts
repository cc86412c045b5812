import { type DoomedRows, deleteSome, isAnyLeft, type Place } from './batched-delete.ts'
import type { Tx } from './db.ts'

export type RowRemover = {
  /**
   * Deletes some of the rows of `parts`, in their order. `id` names the whole. Answers `more` until a pass over all parts has ended, then
   * whether it left anything: rows that others hold, or have stored meanwhile.
   */
  removeSome(tx: Tx, id: string, parts: readonly DoomedRows[]): Promise<'more' | 'rest' | 'nothing'>
}

/** How long a batch may take. SQLite runs in the thread that answers requests, which wait as long. */
const batchMs = 6
const statementMs = 2

/** However fast the machine is, what a batch changes is to be written to the disk at its end. */
const rowsPerBatch = 2000

/** Rows of a statement. The least is worth a round trip to PostgreSQL, and takes no long time of SQLite. */
const leastRows = 64
const leastLargeRows = 4
const mostRows = 500

const leastOf = (part: DoomedRows | undefined) => (part?.areLarge ? leastLargeRows : leastRows)

/** Where a pass is. It is kept in memory only: another process, or this one after a restart, begins anew, and finds the first tables empty. */
type Pass = { readonly id: string; part: number; after: Place | undefined; size: number }

const beginOf = (id: string, parts: readonly DoomedRows[]): Pass => ({ id, part: 0, after: undefined, size: leastOf(parts[0]) })

/** Deletes many rows in batches that take a few milliseconds each. */
export function createRowRemover(): RowRemover {
  let pass: Pass | undefined

  return {
    async removeSome(tx, id, parts) {
      const endsAt = performance.now() + batchMs
      let removed = 0
      pass = pass?.id === id ? pass : beginOf(id, parts)
      for (let part = parts[pass.part]; part !== undefined; part = parts[pass.part]) {
        const { count, isEmptied } = await step(tx, pass, part)
        removed += count
        if (isEmptied) Object.assign(pass, { part: pass.part + 1, after: undefined, size: leastOf(parts[pass.part + 1]) })
        if (performance.now() >= endsAt || removed >= rowsPerBatch) return 'more'
      }
      pass = undefined
      for (const part of parts) if (await isAnyLeft(tx, part)) return 'rest'
      return 'nothing'
    },
  }
}

/** One statement. The next one is as large as this one's time says. */
async function step(tx: Tx, pass: Pass, part: DoomedRows): Promise<{ readonly count: number; readonly isEmptied: boolean }> {
  const startedAt = performance.now()
  const { count, last } = await deleteSome(tx, part, pass.after, pass.size)
  if (count < pass.size) return { count, isEmptied: true }
  const pace = Math.min(2, statementMs / (performance.now() - startedAt))
  pass.after = last
  pass.size = Math.max(leastOf(part), Math.min(mostRows, Math.floor(pass.size * pace)))
  return { count, isEmptied: false }
}
