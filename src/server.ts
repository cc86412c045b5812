import { X509Certificate } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { AppliedFiles, Reset } from './applied-files.ts'
import { type Clock, createMovableClock, type MovableClock, systemClock } from './base/clock.ts'
import { createLogger, type Logger } from './base/logger.ts'
import { flushSpans, startTracing } from './base/tracing.ts'
import { readVersion } from './base/version.ts'
import { isLoopbackHost } from './loopback.ts'
import { watchMasterKey } from './master-key-watch.ts'
import type { Gateways } from './messaging/gateways/gateway.ts'
import { type OpenedDatabase, openDatabase } from './open-database.ts'
import { operations } from './operations.ts'
import { openServices, rateFactorOf, type Services, workersOf } from './services.ts'
import type { Settings, SettingsError } from './settings.ts'
import { shutDown } from './shutdown.ts'
import { authorizeRoutes } from './web/authorize-routes.ts'
import { discoveryRoutes, identityDiscoveryRoutes, samlMetadataRoutes } from './web/discovery-routes.ts'
import { healthRoutes } from './web/health-routes.ts'
import { pageAssetRoutes } from './web/hosted/asset-routes.ts'
import { lookRoutes } from './web/hosted/look-routes.ts'
import type { HttpOptions } from './web/http-options.ts'
import { createHttpApp } from './web/http-server.ts'
import { importRoutes } from './web/import-routes.ts'
import { inboxRoutes } from './web/inbox-routes.ts'
import { type Listener, openListener } from './web/listener.ts'
import { logoRoutes } from './web/logo-routes.ts'
import { createMetrics, type Metrics } from './web/metrics.ts'
import { oauthApiRoutes } from './web/oauth/api-routes.ts'
import { oauthPageRoutes } from './web/oauth/page-routes.ts'
import { registrationRoutes } from './web/oauth/registration-routes.ts'
import { strictApiRoutes } from './web/oauth/strict-api-routes.ts'
import { type Admission, admitAll, createAdmission } from './web/overload/admission.ts'
import { createDeadlines } from './web/overload/deadlines.ts'
import type { RunLimits } from './web/overload/run-admitted.ts'
import { createWorkLimit } from './web/overload/work-limit.ts'
import { createRequestLog } from './web/request-log.ts'
import { traceLog, traceRequests, traceShed } from './web/request-spans.ts'
import { createRouter } from './web/router.ts'
import { createDispatcher } from './web/rpc/dispatcher.ts'
import { createIamGate, type IamGate, openGate } from './web/rpc/gate.ts'
import { jsonProtocol } from './web/rpc/protocol.ts'
import { type IdentifyCaller, identifyByClaim, identifyBySignature } from './web/rpc/query/caller-identity.ts'
import { createQueryProtocol } from './web/rpc/query/query-protocol.ts'
import { type BodyReader, createBodyReader } from './web/rpc/request-body.ts'
import { rpcListener } from './web/rpc/rpc-listener.ts'
import { createThrottle, noThrottle, type Throttle } from './web/rpc/throttle.ts'
import { createShedLog } from './web/shed-log.ts'
import { testRoutes } from './web/test-routes.ts'
import { openTls } from './web/tls/open-tls.ts'

/** Services that tests replace. */
type Replacements = { readonly clock?: Clock; readonly logger?: Logger; readonly gateways?: Gateways }

export type RunningServer = {
  /** The URL that the server listens on, without a slash at its end. */
  readonly url: string
  /** Resolves when the server must stop, with the reason for the operator. The caller still has to close the server. */
  readonly failed: Promise<SettingsError>
  /**
   * Finishes the requests in flight, then closes everything. The log names the signal that stops the server, if there is one.
   * @throws Error when a part of the server did not close
   */
  close(signal?: string): Promise<void>
}

/**
 * Starts a server.
 * @throws SettingsError when the server cannot start with these settings
 */
export async function startServer(settings: Settings, replacements: Replacements = {}): Promise<RunningServer> {
  startTracing()
  const logger =
    replacements.logger ??
    createLogger({ level: settings.logLevel, format: settings.logFormat ?? (settings.mode === 'dev' ? 'text' : 'json') })
  const { host, port, maxConnections } = settings
  const tls = await openTls(settings)
  const listener = await openListener({ host, port, maxConnections, tls })
  try {
    const metrics = createMetrics()
    const database = await openDatabase(settings, logger, metrics.timeStatement)
    try {
      return await serve({ settings, logger, listener, database, metrics, certificate: tls?.cert, replacements })
    } catch (error) {
      await database.storage.close()
      throw error
    }
  } catch (error) {
    await listener.drain(0)
    throw error
  }
}

type ServerParts = {
  readonly settings: Settings
  readonly logger: Logger
  readonly listener: Listener
  readonly database: OpenedDatabase
  readonly metrics: Metrics
  readonly certificate: Buffer | undefined
  readonly replacements: Replacements
}

async function serve({ settings, logger, listener, database, metrics, certificate, replacements }: ServerParts): Promise<RunningServer> {
  const url = ownUrl(settings.host, listener.port, certificate !== undefined)
  const publicUrl = settings.publicUrl ?? url
  const { clock, movableClock } = clocksOf(settings, replacements)
  const { applyFile: place } = settings
  const applying = { database, settings, clock, logger }
  // A server without pool files starts faster without the modules that read them.
  const appliedFiles = place === undefined ? undefined : await (await import('./applied-files.ts')).openAppliedFiles({ ...applying, place })
  let powersDelay = () => 0
  const admission = admissionOf(settings, () => powersDelay())
  const { withoutSlot } = admission
  const { gateways } = replacements
  const services = await openServices({ settings, database, publicUrl, logger, clock, gateways, metrics, withoutSlot })
  powersDelay = services.powers.delay
  const masterKey = watchMasterKey(database, logger)
  let hasBegunClosing = false
  const http = httpOptionsOf({ settings, logger, metrics }, publicUrl, () => hasBegunClosing)
  const app = createHttpApp({ ...http, server: listener.server })
  const checkDatabase = () => database.storage.check(clock.now())
  healthRoutes(app, { checkDatabase, isClosing: http.isClosing, metrics, metricsAccess: metricsAccess(settings) })
  metrics.watch({ ...gaugesOf(services, database, certificate), now: clock.now, checkDatabase })
  const throttle = throttleOf(settings, services, metrics)
  const shedLog = createShedLog(logger, metrics)
  const limits = { ...bodyLimitsOf(settings), admission, throttle, countShed: traceShed(shedLog.count) }
  addRoutes(app, settings, services, limits)
  addTestRoutes(app, services, { clock: movableClock, database, files: appliedFiles })
  const rpc = openRpc(settings, services, http, limits)
  await app.ready()
  listener.handOver(traceRequests(createRouter({ rpc, routes: app.routing, log: http.log })))
  // Computes the table of powers (SRP) now, so that the first sign-in does not wait. A close before its end rejects, which does no harm.
  services.powers.warmUp().catch(() => undefined)
  services.keyPairs.fill()
  logger.info({ ...readyFields(settings, database, services), url, port: listener.port, ms: readyAfterMs() }, 'Ready')

  return {
    url,
    failed: masterKey.failed,
    close(signal) {
      hasBegunClosing = true
      const last = [{ masterKey }, { database: database.storage }, { spans }]
      const steps = [{ shedLog, routes: app, appliedFiles }, ...services.closingSteps, ...last]
      return shutDown({ logger, signal, listener, graceMs: settings.shutdownSeconds * 1000, steps })
    },
  }
}

function httpOptionsOf(
  { settings, logger, metrics }: Pick<ServerParts, 'settings' | 'logger' | 'metrics'>,
  publicUrl: string,
  isClosing: () => boolean,
): HttpOptions {
  return {
    logger,
    log: traceLog(createRequestLog(logger, metrics, { addresses: settings.logAddresses })),
    loopbackOnly: settings.mode === 'dev',
    strictTransport: isStrictTransport(new URL(publicUrl)),
    isClosing,
    trustedProxies: settings.trustedProxies,
  }
}

function gaugesOf({ gauges, federation }: Services, { storage }: OpenedDatabase, certificate: Buffer | undefined) {
  const { firstExpiry: firstSamlExpiry } = federation.certificates
  return { ...gauges, connections: storage.connections, certificateExpiresAt: expiryOf(certificate), firstSamlExpiry }
}

/** In `dev` tests may move the clock. */
function clocksOf({ mode }: Settings, { clock }: Replacements) {
  const movableClock = mode === 'dev' && clock === undefined ? createMovableClock() : undefined
  return { clock: clock ?? movableClock ?? systemClock, movableClock }
}

type TestParts = { readonly clock: MovableClock | undefined; readonly database: OpenedDatabase; readonly files: AppliedFiles | undefined }

function addTestRoutes(app: FastifyInstance, services: Services, { clock, database: { storage }, files }: TestParts): void {
  if (clock === undefined) return
  const resetWithFiles = files && ((reset: Reset) => files.resetWith(reset, services.passwords))
  testRoutes(app, { ...services, clock, announceChange: storage.announceChange, resetWithFiles })
}

const spans = { close: flushSpans }

/** What the operator should know about a server that starts. */
function readyFields(settings: Settings, { storage, migrations }: OpenedDatabase, { gatewayKinds, publicUrl }: Services): object {
  const { engine, engineVersion } = storage
  const versions = { version: readVersion(), node: process.versions.node, engine, engineVersion }
  return { mode: settings.mode, ...versions, migrations, gateways: gatewayKinds, workers: workersOf(settings), publicUrl }
}

/** The time since the process began, which includes the start of Node. */
export function readyAfterMs(): number {
  return Math.round(process.uptime() * 1000)
}

/** The routes that are not calls of the API. */
function addRoutes(
  app: FastifyInstance,
  { mode, trustedProxies, authorizeSecret, logAddresses }: Settings,
  services: Services,
  limits: RequestLimits,
): void {
  discoveryRoutes(app, services)
  samlMetadataRoutes(app, services)
  identityDiscoveryRoutes(app, services)
  oauthApiRoutes(app, services, { ...limits, trustedProxies })
  strictApiRoutes(app, services, { ...limits, trustedProxies })
  registrationRoutes(app, services, { ...limits, trustedProxies, recordsAddresses: logAddresses })
  pageAssetRoutes(app)
  lookRoutes(app, services, { ...limits, trustedProxies })
  oauthPageRoutes(app, services, { ...limits, trustedProxies })
  if (mode === 'dev' || authorizeSecret !== undefined) authorizeRoutes(app, services, { ...limits, secret: authorizeSecret })
  logoRoutes(app, services)
  importRoutes(app, services)
  if (mode === 'dev') inboxRoutes(app, services)
}

/** What bounds the work that requests cause. */
type RequestLimits = RunLimits & {
  /** Called for each request that is refused because the server is overloaded. */
  readonly countShed: () => void
  readonly throttle: Throttle
  readonly bodies: BodyReader
}

function bodyLimitsOf({ bodyMegabytes, requestSeconds }: Settings): Pick<RequestLimits, 'bodies' | 'deadlines'> {
  return {
    bodies: createBodyReader({ budgetBytes: bodyMegabytes * 1024 * 1024 }),
    deadlines: createDeadlines(requestSeconds * 1000),
  }
}

function openRpc(settings: Settings, services: Services, http: HttpOptions, limits: RequestLimits): RequestListener {
  return rpcListener({
    ...http,
    ...limits,
    json: jsonProtocol(
      createDispatcher<Services>({
        operations,
        services,
        gate: gateOf(settings, services),
        throttle: limits.throttle,
        audit: services.auditTrail,
        recordsAddresses: settings.logAddresses,
      }),
    ),
    query: createQueryProtocol({ services, identifyCaller: identifyCallerOf(settings, services), throttle: limits.throttle }),
  })
}

function gateOf(settings: Settings, { clock, findCredential }: Services): IamGate {
  if (settings.mode === 'dev') return openGate
  return createIamGate({ clock, findCredential, region: settings.region, accountId: settings.accountId })
}

function identifyCallerOf({ mode }: Settings, services: Services): IdentifyCaller {
  return mode === 'dev' ? identifyByClaim(services) : identifyBySignature(services)
}

/** `dev` sheds no load by default: a test suite on a busy machine would rather wait. */
function admissionOf(settings: Settings, otherDelay: () => number): Admission {
  if (!(settings.shedLoad ?? settings.mode !== 'dev')) return admitAll
  const processors = availableParallelism()
  const limit = createWorkLimit({ processors, otherDelay })
  return createAdmission({ limit: limit.current, onLimit: limit.reached, burst: burstPerProcessor * processors })
}

/** How many requests may wait for each processor in a burst. A processor takes about a fifth of a second for so many sign-ins. */
const burstPerProcessor = 128

/** `dev` has no request rates by default. */
function throttleOf(settings: Settings, { clock, provisionedLimits }: Services, { countThrottled }: Metrics): Throttle {
  return rateFactorOf(settings) === 0 ? noThrottle : createThrottle({ clock, limitOf: provisionedLimits.cached, countThrottled })
}

/** A loopback server is called `localhost`: cookies and passkeys accept a name and reject an address. */
function ownUrl(host: string, port: number, hasTls: boolean): string {
  const name = isLoopbackHost(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${hasTls ? 'https' : 'http'}://${name}:${port}`
}

/** On a loopback host, Strict-Transport-Security would also keep the browser from all other servers of the developer, which have HTTP. */
function isStrictTransport({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && !isLoopbackHost(hostname)
}

function metricsAccess({ mode, metricsToken }: Settings): Parameters<typeof healthRoutes>[1]['metricsAccess'] {
  if (metricsToken !== undefined) return { token: metricsToken }
  // Without a token `serve` has no metrics page. It cannot open the page to loopback addresses instead: if a proxy runs on the same
  // machine, every request comes from a loopback address.
  return mode === 'dev' ? 'public' : 'disabled'
}

function expiryOf(certificate: Buffer | undefined): number | undefined {
  return certificate && new X509Certificate(certificate).validToDate.getTime()
}
