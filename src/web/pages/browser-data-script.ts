import { createHash } from 'node:crypto'

/**
 * The script that makes EncodedData in a browser, for the hosted pages and for apps. It has the interface of AWS's script, which must answer at
 * once: so it computes SHA-256 (FIPS 180-4) and HMAC (RFC 2104) itself, because the browser's own functions answer later. It asks no other host,
 * and tells only what the server reads, and what the browser sends in its headers anyway.
 */
export const browserDataScript = `'use strict'
window.AmazonCognitoAdvancedSecurityData = (() => {
  const page = document.currentScript?.dataset ?? {}
  const version = 'JS20171115'
  const storageName = 'lifeguard.deviceId'
  const bytesOf = (text) => new TextEncoder().encode(text)
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

  const primes = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n)
  const fraction = (number) => ((number - Math.floor(number)) * 2 ** 32) | 0
  const roundKeys = primes.map((prime) => fraction(Math.cbrt(prime)))
  const turn = (word, by) => (word >>> by) | (word << (32 - by))

  function sha256(message) {
    const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
    padded.set(message)
    padded[message.length] = 128
    const view = new DataView(padded.buffer)
    view.setUint32(padded.length - 4, message.length * 8)
    const hash = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
    const words = new Int32Array(64)
    for (let start = 0; start < padded.length; start += 64) {
      for (let at = 0; at < 16; at++) words[at] = view.getInt32(start + at * 4)
      for (let at = 16; at < 64; at++) {
        const [early, late] = [words[at - 15], words[at - 2]]
        const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)
        const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10)
        words[at] = words[at - 16] + first + words[at - 7] + second
      }
      let [a, b, c, d, e, f, g, h] = hash
      for (let at = 0; at < 64; at++) {
        const upper = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
        const one = (h + upper + ((e & f) ^ (~e & g)) + roundKeys[at] + words[at]) | 0
        const lower = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
        const two = (lower + ((a & b) ^ (a & c) ^ (b & c))) | 0
        ;[a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g]
      }
      for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) hash[at] = (hash[at] + word) | 0
    }
    const result = new DataView(new ArrayBuffer(32))
    for (const [at, word] of hash.entries()) result.setInt32(at * 4, word)
    return new Uint8Array(result.buffer)
  }

  function hmac(key, message) {
    const block = new Uint8Array(64)
    block.set(key.length > 64 ? sha256(key) : key)
    const inner = sha256(Uint8Array.from([...block.map((byte) => byte ^ 0x36), ...message]))
    return sha256(Uint8Array.from([...block.map((byte) => byte ^ 0x5c), ...inner]))
  }

  function deviceId() {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    try {
      const kept = localStorage.getItem(storageName)
      if (kept) return kept
      const random = Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => letters[byte & 63]).join('')
      const id = random + ':' + Date.now()
      localStorage.setItem(storageName, id)
      return id
    } catch {
      // The browser keeps nothing for this page. An id of this visit alone would tell nothing.
      return undefined
    }
  }

  function timezone() {
    const minutes = -new Date().getTimezoneOffset()
    const digits = (number) => String(Math.floor(number)).padStart(2, '0')
    return (minutes < 0 ? '-' : '') + digits(Math.abs(minutes) / 60) + ':' + digits(Math.abs(minutes) % 60)
  }

  /** What goes into EncodedData of UserContextData. */
  function getData(username, userPoolId, clientId) {
    const { userAgent, language, platform } = navigator
    const contextData = {
      UserAgent: userAgent,
      DeviceId: deviceId(),
      DeviceLanguage: language,
      DevicePlatform: platform,
      ClientTimezone: timezone(),
    }
    const payload = JSON.stringify({ contextData, username, userPoolId, timestamp: String(Date.now()) })
    const signature = base64(hmac(bytesOf(clientId), bytesOf(version + payload)))
    return base64(bytesOf(JSON.stringify({ payload, signature, version })))
  }

  function fillForms() {
    for (const field of document.querySelectorAll('input[type=hidden][name=cognitoAsfData]')) {
      const fill = () => (field.value = getData(undefined, page.userPoolId, page.clientId))
      fill()
      field.form.addEventListener('submit', fill)
    }
  }
  if (page.userPoolId) fillForms()
  return { getData }
})()
`

/** The address for apps. */
export const browserDataScriptPath = '/threat-protection/browser-data.js'

/** The address for the hosted pages, which changes with the content. */
export const pageDataScriptPath = `/pages/browser-data-${createHash('sha256').update(browserDataScript).digest('hex').slice(0, 16)}.js`
