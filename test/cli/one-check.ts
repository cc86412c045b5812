import assert from 'node:assert/strict'
import { join } from 'node:path'
import { lifeguard, masterKey, temporaryFolder } from './lifeguard-process.ts'

/** The settings that the tests check, with a database in a folder of their own. */
export const folder = temporaryFolder()
export const env = {
  LIFEGUARD_DATABASE: `sqlite:${join(folder, 'check.db')}`,
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_PORT: '0',
}

/** The results of one check, as `level message`, and the exit code. */
export async function check(name: string, flags: readonly string[], extraEnv: Record<string, string> = {}) {
  const { code, stdout, stderr } = await lifeguard(['check-config', '--json', ...flags], { ...env, ...extraEnv })
  assert.ok(stdout !== '', stderr)
  const results = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; check: string; message: string })
  return { code, lines: results.filter((result) => result.check === name).map(({ level, message }) => `${level} ${message}`) }
}
