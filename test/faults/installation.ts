import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestEngine } from '../support/engines.ts'

/** The command line of `dev` with a database that outlives the process. On SQLite that is the default database of `dev`. */
export async function givenInstallation(engine: TestEngine) {
  const data = mkdtempSync(join(tmpdir(), 'lifeguard-kill-'))
  const database = engine.name === 'sqlite' ? undefined : await engine.createDatabase()
  const flags = ['--port', '0', '--data', data, '--log-level', 'error']
  return {
    databaseUrl: database?.url ?? `sqlite:${join(data, 'lifeguard.db')}`,
    argv: database === undefined ? flags : [...flags, '--database', database.url],
    async [Symbol.asyncDispose]() {
      await database?.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}
