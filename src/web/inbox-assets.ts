/** The style sheet of the inbox page. */
export const inboxStyles = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f4f5f7, #101418);
  --sheet: light-dark(#ffffff, #191f26);
  --ink: light-dark(#16191f, #e6e9ed);
  --faint: light-dark(#5b6470, #98a3b0);
  --edge: light-dark(#dfe3e8, #2b343e);
  --accent: light-dark(#0b5cad, #6cb2ff);
  --email: light-dark(#e3effc, #14304d);
  --sms: light-dark(#e2f4ea, #123524);
  --queued: light-dark(#fdf1d3, #443412);
  --failed: light-dark(#fbe3e1, #4d1d1a);
  --suppressed: light-dark(#e9e9ee, #2c333b);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
.bar {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px;
  padding: 12px max(16px, calc(50% - 380px)); background: var(--sheet); border-bottom: 1px solid var(--edge);
}
h1 { margin: 0; font-size: 18px; }
.search { display: flex; flex: 1 1 240px; gap: 8px; }
input, button { font: inherit; color: inherit; border: 1px solid var(--edge); border-radius: 8px; padding: 6px 12px; background: var(--sheet); }
input { flex: 1; min-width: 0; background: var(--paper); }
button { cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--faint); }
main { max-width: 792px; margin: 0 auto; padding: 16px; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px; }
.message { background: var(--sheet); border: 1px solid var(--edge); border-radius: 12px; padding: 16px; overflow-wrap: anywhere; }
.message p, .message h2 { margin: 0; }
.line { display: flex; align-items: baseline; gap: 10px; }
.line time { margin-inline-start: auto; color: var(--faint); font-size: 13px; font-variant-numeric: tabular-nums; }
.line time, .tag { flex: none; }
.tag { padding: 1px 8px; border-radius: 99px; font-size: 12px; background: var(--email); }
.tag.sms { background: var(--sms); }
.tag.queued { background: var(--queued); }
.tag.failed { background: var(--failed); }
.tag.suppressed { background: var(--suppressed); }
.why { padding: 6px 10px; margin-top: 8px; border-radius: 8px; background: var(--paper); font-size: 13px; }
.message .why { margin: 8px 0 0; }
.states { display: flex; gap: 4px; margin-bottom: 12px; }
.states a { padding: 4px 12px; border-radius: 99px; color: var(--faint); text-decoration: none; font-size: 13px; }
.states a[aria-current] { background: var(--sheet); color: var(--ink); box-shadow: inset 0 0 0 1px var(--edge); }
.states a:hover { color: var(--ink); }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.message h2 { margin-top: 6px; font-size: 15px; font-weight: 500; }
.secret { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; padding: 8px 0; }
.secret code { font: 600 28px/1.3 ui-monospace, monospace; letter-spacing: 0.08em; user-select: all; }
.copy { font-size: 13px; padding: 3px 10px; }
.text { white-space: pre-wrap; }
.facts, .hint { color: var(--faint); font-size: 13px; }
.message .facts { margin-top: 8px; }
.hint { margin: 0 0 12px; }
ol + .nothing { display: none; }
ol:empty + .nothing { display: block; }
.nothing { margin: 48px auto; max-width: 44em; text-align: center; color: var(--faint); }
.nothing b { color: var(--ink); }
.nothing pre {
  margin: 16px 0 8px; padding: 12px 16px; overflow-x: auto; text-align: start; font-size: 13px;
  background: var(--sheet); color: var(--ink); border: 1px solid var(--edge); border-radius: 8px;
}
details { margin-top: 8px; }
summary { color: var(--accent); font-size: 13px; cursor: pointer; width: fit-content; }
iframe { display: block; width: 100%; height: 220px; margin-top: 8px; border: 1px solid var(--edge); border-radius: 8px; background: #fff; resize: vertical; }
@media (max-width: 560px) {
  .search { order: 1; flex-basis: 100%; }
  .clear { margin-inline-start: auto; }
  .line { flex-wrap: wrap; }
  .recipient { order: 1; flex-basis: 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  .arrived { animation: arrive 0.4s ease-out; }
  @keyframes arrive { from { opacity: 0; transform: translateY(-6px); } }
}
`

/** Keeps the list current by fetching the page again and replacing what differs. Copies codes. Shows times in the local time zone. */
export const inboxScript = `'use strict'
const refreshMs = 1500
const list = document.getElementById('messages')
let timer

function enhance(root) {
  for (const time of root.querySelectorAll('time')) {
    const at = new Date(time.dateTime)
    const sameDay = at.toDateString() === new Date().toDateString()
    time.title = time.dateTime
    time.textContent = sameDay ? at.toLocaleTimeString() : at.toLocaleString()
  }
  for (const button of root.querySelectorAll('.copy')) button.hidden = !navigator.clipboard
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.textContent = 'Copied'
  } catch {
    button.textContent = 'Copying is not allowed'
  }
  announce(button.textContent)
  setTimeout(() => { button.textContent = 'Copy' }, 1500)
}

function announce(text) {
  document.getElementById('status').textContent = text
}

function update(newList) {
  const shown = new Map([...list.children].map((item) => [item.dataset.id, item]))
  const wanted = [...newList.children]
  const kept = new Set(wanted.map((item) => item.dataset.id))
  for (const [id, item] of shown) if (!kept.has(id)) item.remove()
  // Unchanged cards stay in place, so that an open preview and a selection survive.
  let next = list.firstElementChild
  for (const item of wanted) {
    const old = shown.get(item.dataset.id)
    const after = old ? old.nextElementSibling : next
    if (old && old.dataset.version === item.dataset.version) { next = after; continue }
    enhance(item)
    if (old) { old.replaceWith(item); next = after; continue }
    announce('New message to ' + item.querySelector('.recipient').textContent)
    item.classList.add('arrived')
    list.insertBefore(item, next)
  }
  if (wanted.length === 0) list.replaceChildren()
}

async function refresh() {
  clearTimeout(timer)
  try {
    if (document.hidden) return
    const answer = await fetch(location.href, { cache: 'no-store' })
    if (!answer.ok) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const newList = page.getElementById('messages')
    if (newList) update(newList)
  } catch {
    // The server may be restarting; the next refresh tries again.
  } finally {
    timer = setTimeout(refresh, refreshMs)
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('.copy')
  if (button) copy(button)
})
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea')) return
  event.preventDefault()
  document.querySelector('input[type=search]').focus()
})
enhance(document)
timer = setTimeout(refresh, refreshMs)
`
