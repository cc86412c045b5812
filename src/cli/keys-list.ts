import { type Command, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

export const keysList: Command = {
  name: 'keys list',
  summary: 'List the access keys, without their secrets.',

  async run(call) {
    readOperands(call, [], 0)
    await withOpenedDatabase(call, [], async ({ storage }) => {
      const { listAccessKeys } = await import('../access/access-key-repository.ts')
      for (const key of await listAccessKeys(storage.db)) {
        const expiry = key.expiresAt === undefined ? 'never expires' : `expires ${new Date(key.expiresAt).toISOString()}`
        console.log([key.id, `created ${new Date(key.createdAt).toISOString()}`, expiry, key.description].join('\t'))
      }
    })
    return undefined
  },
}
