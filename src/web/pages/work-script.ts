import { createHash } from 'node:crypto'
import { sha256Script } from './sha256-script.ts'

/**
 * The script that solves the task of a page in a network that is slowed down. It begins when the page is loaded, and works in short turns, so
 * that the user can type meanwhile. A form that is sent before the end waits for it.
 */
export const workScript = `'use strict'
;(() => {
  const { seed, bits } = document.currentScript.dataset
  const forms = [...document.querySelectorAll('form')].filter((form) => form.elements.work_solution)
  const status = document.querySelector('[data-work-status]')
  const turnMs = 20
${sha256Script}
  function isSolution(number) {
    const hash = sha256(new TextEncoder().encode(seed + ':' + number))
    return Math.clz32(new DataView(hash.buffer).getUint32(0)) >= Number(bits)
  }

  async function solve() {
    for (let number = 0; ; ) {
      const end = performance.now() + turnMs
      while (performance.now() < end) if (isSolution(++number)) return String(number)
      await new Promise((resolve) => setTimeout(resolve))
    }
  }

  let isSolved = false
  let isSent = false
  const solution = solve().then((text) => {
    for (const form of forms) form.elements.work_solution.value = text
    isSolved = true
  })

  function waitForSolution(event) {
    if (isSolved) return
    event.preventDefault()
    if (isSent) return
    isSent = true
    status.className = 'notice'
    status.textContent = status.dataset.text
    const { target, submitter } = event
    solution.then(() => target.requestSubmit(submitter))
  }
  for (const form of forms) form.addEventListener('submit', waitForSolution)
})()
`

/** The address of the script, which changes with its content. */
export const workScriptPath = `/pages/work-${createHash('sha256').update(workScript).digest('hex').slice(0, 16)}.js`
