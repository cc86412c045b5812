import { readSettings } from '../settings.ts'
import { type Command, readOperands, readyAfterMs } from './command.ts'
import { notifySystemd } from './notify-systemd.ts'

export const serve: Command = {
  name: 'serve',
  isServer: true,
  summary: 'Run in production: require signed requests, a database and a master key.',

  async run(call) {
    readOperands(call, [], 0)
    const settings = readSettings({ ...call, command: 'serve' })
    const [{ startServer }, { createLogger }] = await Promise.all([import('../server.ts'), import('../base/logger.ts')])
    const logger = createLogger({ level: settings.logLevel, format: 'json' })
    const server = await startServer(settings, { logger })
    logger.info({ url: server.url, ms: readyAfterMs() }, 'Ready')
    // Not awaited: a signal that arrives meanwhile must find the running server.
    void notifySystemd(call.env).then((problem) => {
      if (problem !== undefined) logger.warn(`systemd-notify: ${problem}. systemd does not know that the server is ready.`)
    })
    return server
  },
}
