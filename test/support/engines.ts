import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A database engine to run the same tests on. */
export type TestEngine = {
  readonly name: string
  /** A fresh, empty database of its own. */
  createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>
}

const sqlite: TestEngine = {
  name: 'SQLite',
  async createDatabase() {
    const folder = mkdtempSync(join(tmpdir(), 'lifeguard-sqlite-'))
    return {
      url: `sqlite:${join(folder, 'test.db')}`,
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

export const engines: readonly TestEngine[] = [sqlite]
