import { get as getByHttp } from 'node:http'
import { get as getByHttps } from 'node:https'
import { type Settings, SettingsError } from '../../settings.ts'
import { alive } from '../../web/health-routes.ts'
import { openListener } from '../../web/listener.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** Opens the port for a moment. A port that a Lifeguard uses is only a warning: most likely that server is about to be restarted. */
export async function checkPort({ host, port }: Settings): Promise<readonly Finding[]> {
  try {
    const listener = await openListener({ host, port, maxConnections: 1, tls: undefined })
    await listener.drain(0)
    return [ok(port === 0 ? '--port: any free port is used.' : `--port: ${port} on ${host} is free.`)]
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown
    if (await isLifeguard(host, port))
      return [warning(`--port: ${port} on ${host} is in use by a running Lifeguard. Stop it before this start.`)]
    return [error(thrown.message)]
  }
}

const answerMs = 2000

async function isLifeguard(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const answers = await Promise.all([getByHttp, getByHttps].map((get) => readHealth(get, reachable, port)))
  return answers.includes(JSON.stringify(alive))
}

/** The answer of `/healthz`, or undefined without one. The certificate is not verified, because the request holds no secret. */
function readHealth(get: typeof getByHttps, host: string, port: number): Promise<string | undefined> {
  const options = { host, port, path: '/healthz', rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(answerMs) }
  return new Promise((resolve) => {
    get(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > 1000) response.destroy()
      })
      response.on('close', () => resolve(text))
      response.on('error', () => resolve(undefined))
    }).on('error', () => resolve(undefined))
  })
}
