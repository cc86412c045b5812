import { isLoopbackHost } from '../../loopback.ts'
import { SettingsError } from '../../settings.ts'

/** A source as the setting names it: the embedded list, a range service, or a file of hashes. */
export type NamedSource =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'range'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string }

/** Reads the value of `--breached-passwords`. @throws SettingsError when a source is named wrongly */
export function readSources(setting: string): readonly NamedSource[] {
  return setting.split(',').map((text) => readSource(text.trim()))
}

/** Reads one source. @throws SettingsError when it is named wrongly */
export function readSource(text: string): NamedSource {
  if (text === 'embedded') return { kind: 'embedded' }
  if (text === '') throw new SettingsError('--breached-passwords: a source is empty. Give embedded, a URL or the path of a file.')
  if (!/^https?:/i.test(text)) return { kind: 'file', path: text }
  const url = URL.parse(text)
  if (url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '') {
    throw new SettingsError('--breached-passwords: a URL must be complete, and have no user name, password, query or fragment.')
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new SettingsError(`--breached-passwords: ${text} is not encrypted. Use https:, or a service on this machine.`)
  }
  return { kind: 'range', url: text }
}
