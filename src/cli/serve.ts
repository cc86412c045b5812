import { readSettings } from '../settings.ts'
import { type Command, readOperands } from './command.ts'
import { notifySystemd } from './notify-systemd.ts'

export const serve: Command = {
  name: 'serve',
  isServer: true,
  summary: 'Run in production: require signed requests, a database and a master key.',

  async run(call) {
    readOperands(call, [], 0)
    const settings = readSettings({ ...call, command: 'serve' })
    const [{ startServer }, { createLogger }] = await Promise.all([import('../server.ts'), import('../base/logger.ts')])
    const logger = createLogger({ level: settings.logLevel, format: settings.logFormat ?? 'json' })
    const server = await startServer(settings, { logger })
    // Not awaited: a signal that arrives meanwhile must find the running server.
    void notifySystemd(call.env, logger)
    return server
  },
}
