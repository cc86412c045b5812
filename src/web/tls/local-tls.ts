import { createSecureContext, type SecureContext } from 'node:tls'
import type { TlsOptions } from '../listener.ts'
import { createSigner } from './local-authority.ts'
import { openLocalAuthority } from './local-authority-file.ts'

/** How many host names have a certificate at the same time. */
const maxNames = 100

/**
 * TLS by certificates of the authority in the data folder. The server has a certificate for `localhost`, and makes one for each other name
 * below `.localhost` when a client asks for it. No wildcard would do: many clients refuse `*.localhost`.
 * @throws SettingsError when the files of the authority cannot be read or written
 */
export async function openLocalTls(dataFolder: string): Promise<TlsOptions> {
  const sign = await createSigner(await openLocalAuthority(dataFolder, Date.now()))
  const contexts = new Map<string, Promise<SecureContext>>()
  const contextOf = (name: string): Promise<SecureContext> => {
    const known = contexts.get(name)
    if (known !== undefined) return known
    if (contexts.size >= maxNames) contexts.clear()
    const context = sign(Date.now(), [name]).then(createSecureContext)
    contexts.set(name, context)
    return context
  }
  return {
    ...(await sign(Date.now(), ['localhost'], ['127.0.0.1', '::1'])),
    SNICallback(serverName, done) {
      const name = serverName.toLowerCase()
      if (!isBelowLocalhost(name)) return done(null)
      contextOf(name).then((context) => done(null, context), done)
    },
  }
}

const isBelowLocalhost = (name: string): boolean => name.length <= 253 && /^([a-z0-9_-]{1,63}\.)+localhost$/.test(name)
