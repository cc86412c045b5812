import { createHash } from 'node:crypto'

/**
 * The script of the pages about passkeys (Web Authentication Level 3). The options for the browser stand in the form. The answer of the
 * browser goes back in the form's field `credential`.
 */
export const passkeyScript = `'use strict'
const form = document.querySelector('form[data-passkey]')
const kind = form.dataset.passkey
const options = JSON.parse(form.dataset.options)
const button = form.querySelector('[data-passkey-button]')
const [unsupported, failed] = ['unsupported', 'failed'].map((name) => document.querySelector('[data-passkey-' + name + ']'))
let waiting

function answer(mediation) {
  if (kind === 'create') return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  waiting = new AbortController()
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return navigator.credentials.get({ publicKey, signal: waiting.signal, ...(mediation && { mediation }) })
}

async function ask(mediation) {
  waiting?.abort()
  button.disabled = mediation === undefined
  failed.hidden = true
  try {
    const credential = await answer(mediation)
    form.elements.credential.value = JSON.stringify(credential.toJSON())
    form.submit()
  } catch {
    if (mediation) return
    button.disabled = false
    failed.hidden = false
  }
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  unsupported.hidden = true
  button.hidden = false
  button.addEventListener('click', () => ask())
  if (kind === 'get' && !document.querySelector('[role=alert]:not([hidden])')) ask()
  if (kind === 'offer') PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => can && ask('conditional'))
}
`

/** The address of the script, which changes with its content. */
export const passkeyScriptPath = `/pages/passkey-${createHash('sha256').update(passkeyScript).digest('hex').slice(0, 16)}.js`
