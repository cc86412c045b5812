import { createHash } from 'node:crypto'
import { sha256Script } from './sha256-script.ts'

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

${sha256Script}  function hmac(key, message) {
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
