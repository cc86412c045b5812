import { readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const ownFlags: readonly SettingSpec[] = [
  { flag: 'policy', type: { kind: 'path' }, value: 'FILE', help: 'IAM-style policy (JSON). Without one the key may do everything.' },
  { flag: 'description', type: { kind: 'text' }, value: 'TEXT', help: 'The purpose of the key, for `keys list`.' },
  {
    flag: 'session-seconds',
    type: { kind: 'integer', min: 1, max: 999_999_999 },
    help: 'Create temporary credentials with a session token, which expire after this many seconds.',
  },
]

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Create an access key for signed requests and print it. Its secret is never shown again.',
  ownFlags,

  async run(call) {
    readOperands(call, ownFlags, 0)
    const { values } = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags])
    const policyFile = values.get('policy')
    const input = {
      policy: policyFile === undefined ? undefined : readPolicyFile(policyFile),
      description: values.get('description') ?? '',
      sessionSeconds: readSeconds(values.get('session-seconds')),
    }
    await withOpenedDatabase(call, ownFlags, async ({ storage, secrets }) => {
      const { createAccessKey } = await import('../access/create-access-key.ts')
      const { PolicyError } = await import('../access/policy-error.ts')
      const { recordCommand } = await import('../audit/audit-trail.ts')
      try {
        const key = await storage.db.transaction().execute(async (tx) => {
          const created = await createAccessKey(tx, secrets, systemClock, input)
          const detail = describe(input.policy, created.expiresAt)
          await recordCommand(tx, systemClock, { operation: 'CreateAccessKey', subject: created.id, detail })
          return created
        })
        console.log(`AWS_ACCESS_KEY_ID=${key.id}\nAWS_SECRET_ACCESS_KEY=${key.secret}`)
        if (key.sessionToken !== undefined) console.log(`AWS_SESSION_TOKEN=${key.sessionToken}`)
        console.error('Keep the secret: it is not shown again.')
      } catch (error) {
        if (error instanceof PolicyError) throw new SettingsError(`--policy: ${error.message}`)
        throw error
      }
    })
    return undefined
  },
}

/** The detail of the audit record of a new access key: whether the key has a policy, and when the key expires. */
function describe(policy: string | undefined, expiresAt: number | undefined): string {
  const rights = policy === undefined ? 'policy: none, the key may do everything' : 'policy: given'
  return expiresAt === undefined ? rights : `${rights}; expires: ${new Date(expiresAt).toISOString()}`
}

function readPolicyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingsError(`--policy: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new SettingsError(`--session-seconds: ${JSON.stringify(text)} is not a whole number from 1 to 999999999.`)
  return Number(text)
}
