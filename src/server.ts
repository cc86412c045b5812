import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { type Clock, systemClock } from './base/clock.ts'
import { createLogger, type Logger } from './base/logger.ts'
import { isLoopbackHost, type Settings, SettingsError } from './settings.ts'
import { openVault, type Vault } from './vault.ts'
import { healthRoutes } from './web/health-routes.ts'
import { createHttpApp } from './web/http-server.ts'
import { type Listener, openListener } from './web/listener.ts'
import { createMetrics } from './web/metrics.ts'

/** What a test puts in the place of the real thing. */
type Replacements = { readonly clock?: Clock; readonly logger?: Logger }

export type RunningServer = {
  /** Where it listens, without a slash at its end. */
  readonly url: string
  /** Finishes the requests in flight, then lets go of everything. */
  close(): Promise<void>
}

/** Starts a server. Throws SettingsError when the settings ask for what cannot be had. */
export async function startServer(settings: Settings, replacements: Replacements = {}): Promise<RunningServer> {
  const logger = replacements.logger ?? createLogger({ level: settings.logLevel, form: settings.mode === 'dev' ? 'text' : 'json' })
  const listener = await openListener({ host: settings.host, port: settings.port, tls: readTlsFiles(settings) })
  try {
    const vault = await openVault(settings, logger)
    return await serve({ settings, logger, listener, vault, clock: replacements.clock ?? systemClock })
  } catch (error) {
    await listener.drain(0)
    throw error
  }
}

type Parts = {
  readonly settings: Settings
  readonly logger: Logger
  readonly listener: Listener
  readonly vault: Vault
  readonly clock: Clock
}

async function serve({ settings, logger, listener, vault }: Parts): Promise<RunningServer> {
  const url = ownUrl(settings, listener.port)
  const publicUrl = settings.publicUrl ?? url
  const metrics = createMetrics()
  let closing = false

  const app = createHttpApp({
    server: listener.server,
    logger,
    metrics,
    loopbackOnly: settings.mode === 'dev',
    strictTransport: publicUrl.startsWith('https:'),
    isClosing: () => closing,
  })
  healthRoutes(app, {
    pingDatabase: vault.storage.ping,
    isClosing: () => closing,
    metrics,
    metricsAccess: metricsAccess(settings),
  })
  await openForRequests(app)

  return {
    url,
    async close() {
      closing = true
      await listener.drain(settings.shutdownSeconds * 1000)
      await app.close()
      await vault.storage.close()
    },
  }
}

async function openForRequests(app: FastifyInstance): Promise<void> {
  await app.ready()
}

/** `dev` accepts names of loopback, so that its address can be one a cookie and a WebAuthn relying party may have. */
function ownUrl({ host, tlsCert }: Settings, port: number): string {
  const name = isLoopbackHost(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${tlsCert === undefined ? 'http' : 'https'}://${name}:${port}`
}

function metricsAccess({ mode, metricsToken }: Settings): Parameters<typeof healthRoutes>[1]['metricsAccess'] {
  if (metricsToken !== undefined) return { token: metricsToken }
  // A proxy on the same machine makes every stranger a loopback peer, so `serve` does not go by the address.
  return mode === 'dev' ? 'everybody' : 'nobody'
}

function readTlsFiles({ tlsCert, tlsKey }: Settings): { cert: Buffer; key: Buffer } | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return { cert: readFile('--tls-cert', tlsCert), key: readFile('--tls-key', tlsKey) }
}

function readFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SettingsError(`${setting}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}
