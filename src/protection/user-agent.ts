import { createHash } from 'node:crypto'
import Bowser from 'bowser'
import { programOf, systemOf } from './device-type.ts'

/** What a User-Agent says about the client. What it does not say is left out. */
export type UserAgent = {
  /** With the major version, such as `Chrome 126`. */
  readonly browser: string | undefined
  /** With the version, such as `Windows 10`. */
  readonly system: string | undefined
  /** Such as `desktop`, `mobile` or `tablet`. */
  readonly deviceKind: string | undefined
  /** Of the characters that are read. */
  readonly hash: string
}

/** The most characters of a User-Agent that are read. Real User-Agents are shorter. */
const longestRead = 1024

/** The most User-Agents whose results are kept. An entry takes about 300 bytes. */
const cacheSize = 1000

const cache = new Map<string, UserAgent>()

/** The browser and system that a User-Agent names. Undefined without a User-Agent. The latest results are cached. */
export function readUserAgent(text: string | undefined): UserAgent | undefined {
  if (text === undefined || text === '') return undefined
  const read = text.slice(0, longestRead)
  const hash = createHash('sha256').update(read).digest('base64url').slice(0, 22)
  const known = cache.get(hash)
  if (known !== undefined) return known
  const userAgent = { ...parse(read), hash }
  const [oldest] = cache.keys()
  if (cache.size >= cacheSize && oldest !== undefined) cache.delete(oldest)
  cache.set(hash, userAgent)
  return userAgent
}

const browserNames: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP))
const systemNames: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP))

/** Browsers begin with `Mozilla/` or `Opera/`. All other programs are looked up by their marks: Bowser does not know them. */
function parse(text: string): Omit<UserAgent, 'hash'> {
  if (!/^(?:Mozilla|Opera)\//.test(text)) return { browser: programOf(text), system: systemOf(text), deviceKind: undefined }
  const { browser, os, platform } = Bowser.parse(text)
  return {
    browser: named(browserNames, browser.name, majorOf(browser.version)) ?? programOf(text),
    system: named(systemNames, os.name, systemVersionOf(os)) ?? systemOf(text),
    deviceKind: platform.type,
  }
}

/** Only names that Bowser knows count: a client cannot make up others. */
function named(names: ReadonlySet<string>, name: string | undefined, version: string | undefined): string | undefined {
  if (name === undefined || !names.has(name)) return undefined
  return version === undefined ? name : `${name} ${version}`
}

const majorOf = (version: string | undefined): string | undefined => /^\d{1,4}(?!\d)/.exec(version ?? '')?.[0]

/** Windows has the name of its version, such as `10` for `NT 10.0`. macOS 10 has two numbers. */
function systemVersionOf({ name, version, versionName }: Bowser.Parser.OSDetails): string | undefined {
  if (name === 'Windows') return versionName === 'NT' ? undefined : versionName
  return name === 'macOS' ? /^10\.\d{1,2}|^\d{1,4}(?!\d)/.exec(version ?? '')?.[0] : majorOf(version)
}
