import { readSettings } from '../settings.ts'
import type { Command } from './command.ts'
import { readOperands } from './command.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Run in production: signed requests, a database and a master key of your own.',

  async run(call) {
    readOperands(call, [], 0)
    const settings = readSettings({ ...call, command: 'serve' })
    const { startServer } = await import('../server.ts')
    return startServer(settings)
  },
}
