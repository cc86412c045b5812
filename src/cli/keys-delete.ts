import { outcomeOk } from '../audit/audit-record.ts'
import { systemClock } from '../base/clock.ts'
import { SettingsError } from '../settings.ts'
import { type Command, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

export const keysDelete: Command = {
  name: 'keys delete',
  operands: 'ID',
  summary: 'Delete an access key. Running servers reject it at once.',

  async run(call) {
    const [id = ''] = readOperands(call, [], 1)
    await withOpenedDatabase(call, [], async ({ storage }) => {
      const { deleteAccessKey } = await import('../access/access-key-repository.ts')
      const { accessKeyDeleted } = await import('../access/access-key-cache.ts')
      const { isAccessKeyId } = await import('../access/access-key.ts')
      const { recordCommand } = await import('../audit/audit-trail.ts')
      const isDeleted = await storage.db.transaction().execute(async (tx) => {
        const isFound = await deleteAccessKey(tx, id)
        // An attempt to delete an unknown key is recorded as well. Any other text is not recorded: it may be a secret, typed by mistake.
        const subject = isAccessKeyId(id) ? id : undefined
        const outcome = isFound ? outcomeOk : 'ResourceNotFoundException'
        await recordCommand(tx, systemClock, { operation: 'DeleteAccessKey', subject, outcome })
        return isFound
      })
      if (!isDeleted) throw new SettingsError(`There is no access key ${JSON.stringify(id)}. See: lifeguard keys list`)
      // The key is deleted already. A server that misses the notification notices the deletion by itself.
      await storage.publish(accessKeyDeleted, id).catch(() => undefined)
      console.log(`Deleted ${id}`)
    })
    return undefined
  },
}
