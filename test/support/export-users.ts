import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lifeguard } from '../cli/lifeguard-process.ts'
import { scratchFolder } from './scratch.ts'
import type { TestServer } from './test-server.ts'

const masterKey = Buffer.alloc(32, 11).toString('base64')

/** The server needs this environment, so that the command has the same master key. */
export const exportable = { env: { LIFEGUARD_MASTER_KEY: masterKey } }

export type LeftOutCounts = Readonly<Record<string, number>>

export type Exported = {
  /** The text of the only file. */
  readonly text: string
  /** The texts of all files by name. */
  readonly files: ReadonlyMap<string, string>
  readonly report: { readonly users: number; readonly files: readonly string[]; readonly leftOut: readonly LeftOut[] }
  /** How many users lost what, by the codes of the report. */
  readonly leftOut: LeftOutCounts
  readonly stderr: string
}

type LeftOut = { readonly code: string; readonly users: number; readonly firstSubs: readonly string[] }

/** Runs the command on the server's database. */
export function runExport(server: Pick<TestServer, 'databaseUrl'>, flags: readonly string[], command = 'users') {
  return lifeguard(['export', command, '--database', server.databaseUrl, ...flags], exportable.env)
}

/** Exports into a new folder, checks that only its owner can read the files, and returns what is in them. */
export async function exportUsers(
  server: Pick<TestServer, 'databaseUrl'>,
  poolId: string,
  flags: readonly string[] = [],
  command = 'users',
): Promise<Exported> {
  const folder = await mkdtemp(join(scratchFolder(), 'lifeguard-export-'))
  try {
    const { code, stdout, stderr } = await runExport(server, ['--pool', poolId, '--out', join(folder, 'out.txt'), ...flags], command)
    assert.equal(code, 0, stderr)
    const files = new Map<string, string>()
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name)
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      files.set(name, await readFile(path, 'utf8'))
    }
    const report = JSON.parse(stdout) as Exported['report']
    const leftOut = Object.fromEntries(report.leftOut.map(({ code, users }) => [code, users]))
    return { text: files.get('out.txt') ?? '', files, report, leftOut, stderr }
  } finally {
    await rm(folder, { recursive: true })
  }
}
