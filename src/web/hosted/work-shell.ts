import { workFields } from '../../oauth/browser-request.ts'
import { findWorkTask } from '../../protection/stuffing/work-proof.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Shell } from '../pages/layout.ts'
import type { Visit } from './visit.ts'

/** The shell with a task for the page's script, if the network of the browser is slowed down. For pages that begin a sign-in or ask for a password. */
export async function withWork({ deps, browser }: Visit, { pool, client }: PoolAndClient, shell: Shell): Promise<Shell> {
  const task = await findWorkTask(deps, pool, { poolId: pool.id, clientId: client.id, ip: browser.context.ip })
  if (task === undefined) return shell
  const { challenge, seed, bits } = task
  return {
    ...shell,
    hiddenFields: { ...shell.hiddenFields, [workFields.challenge]: challenge, [workFields.solution]: '' },
    work: { seed, bits },
  }
}
