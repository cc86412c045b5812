import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureServer } from './measure.ts'
import type { Plan } from './plan.ts'
import type { Row } from './report.ts'
import { ServerProcess } from './server-process.ts'

/**
 * Measures the minimal server under the password loads of the plan, to show how much of a figure is the cost of Node and how much that of
 * Lifeguard.
 */
export async function measureBareServer(plan: Plan, report: (row: Row) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bare-'))
  try {
    const server = await ServerProcess.run(['bench/bare-server.ts', join(folder, 'bare.db')])
    const crowd = { poolId: 'pool', clientId: 'client', users: 1000, password: 'Correct-horse-7' }
    await measureServer({ ...plan, kinds: ['password'] }, server, crowd, (figures) =>
      report({ ...figures, engine: 'bare', users: crowd.users }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
