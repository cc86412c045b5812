/**
 * The script of the inbox page. The page works without it, except for emptying; with it the page changes in place: a link of the page or a
 * word in the filter changes the address, and `load` merges the page of that address into this one. So does each refresh, which the server
 * answers with 304 while nothing has changed.
 */
export const inboxScript = `'use strict'
const refreshMs = 1500
const byId = (id) => document.getElementById(id)
const [main, list, detail, search, dialog] = ['inbox', 'messages', 'detail', 'search', 'empty-dialog'].map(byId)
const wide = matchMedia('(min-width: 900px)')
const rows = () => [...list.querySelectorAll('.row')]
let timer
let loading
let listTop = 0

function enhance(root) {
  for (const time of root.querySelectorAll('time')) {
    const at = new Date(time.dateTime)
    const sameDay = at.toDateString() === new Date().toDateString()
    time.title = at.toLocaleString()
    if (!time.closest('.row')) time.textContent = time.title
    else time.textContent = sameDay ? at.toLocaleTimeString() : at.toLocaleDateString([], { day: 'numeric', month: 'short' })
  }
  for (const button of root.querySelectorAll('.copy')) button.hidden = !navigator.clipboard
}

function announce(text) {
  byId('status').textContent = text
}

function announceCount() {
  const count = document.querySelector('.tabs [aria-current] .count').textContent
  announce(count + (count === '1' ? ' message' : ' messages'))
}

/**
 * The address of the page for a refresh. It names the shown message while the user reads it or selects text in it, so that it stays open.
 */
function wanted() {
  const url = new URL(location.href)
  url.hash = ''
  const isRead = detail.matches(':hover, :focus-within') || (!getSelection().isCollapsed && detail.contains(getSelection().anchorNode))
  if (isRead && detail.dataset.message && !url.searchParams.has('message')) url.searchParams.set('message', detail.dataset.message)
  return url
}

/** Only the latest call has an effect, so that a slow answer never replaces a newer one. */
async function load({ isRefresh = false, told = false } = {}) {
  stop()
  const mine = (loading = new AbortController())
  try {
    if (isRefresh && document.hidden) return
    const headers = isRefresh ? { 'if-none-match': '"' + main.dataset.version + '"' } : {}
    const answer = await fetch(isRefresh ? wanted() : location.href, { cache: 'no-store', headers, signal: mine.signal })
    if (answer.status !== 200) return
    const text = await answer.text()
    if (loading === mine) merge(new DOMParser().parseFromString(text, 'text/html'), isRefresh)
    if (told) announceCount()
  } catch {
    // The server may be restarting; the next refresh tries again.
  } finally {
    if (loading === mine) timer = setTimeout(load, refreshMs, { isRefresh: true })
  }
}

function stop() {
  clearTimeout(timer)
  loading?.abort()
}

function loadIn(ms, options) {
  stop()
  loading = undefined
  timer = setTimeout(load, ms, options)
}

function copyAttribute(name, from, to) {
  if (from.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name))
  else to.removeAttribute(name)
}

function merge(page, isRefresh) {
  const other = (element) => page.getElementById(element.id)
  for (const tab of document.querySelectorAll('.tabs a')) {
    for (const name of ['href', 'aria-current']) copyAttribute(name, other(tab), tab)
    tab.querySelector('.count').textContent = other(tab).querySelector('.count').textContent
  }
  for (const part of ['where', 'nothing', 'older', 'scope'].map(byId)) {
    const fresh = other(part)
    enhance(fresh)
    if (!part.isEqualNode(fresh)) part.replaceWith(fresh)
  }
  mergeList(other(list), isRefresh)
  mergeDetail(other(detail))
  main.dataset.version = other(main).dataset.version
}

/** Unchanged rows stay in place, so that the focus and the scroll position survive. */
function mergeList(freshList, isRefresh) {
  const old = new Map([...list.children].map((item) => [item.dataset.id, item]))
  const fresh = [...freshList.children]
  const newest = list.firstElementChild?.dataset.id ?? ''
  const kept = new Set(fresh.map((item) => item.dataset.id))
  for (const [id, item] of old) if (!kept.has(id)) item.remove()
  let next = list.firstElementChild
  for (const item of fresh) {
    const present = old.get(item.dataset.id)
    if (!present) {
      enhance(item)
      if (isRefresh && item.dataset.id > newest) item.classList.add('arrived')
      list.insertBefore(item, next)
      continue
    }
    next = present.nextElementSibling
    const [from, to] = [item, present].map((one) => one.querySelector('.row'))
    for (const name of ['href', 'aria-current']) copyAttribute(name, from, to)
    if (present.dataset.version !== item.dataset.version) {
      present.dataset.version = item.dataset.version
      to.replaceChildren(...from.childNodes)
      enhance(present)
    }
  }
  if (fresh.length === 0) list.replaceChildren()
  const arrived = fresh.filter((item) => item.dataset.id > newest)
  if (!isRefresh || arrived.length === 0) return
  if (arrived.length > 1) announce(arrived.length + ' new messages')
  else announce('New message to ' + arrived[0].querySelector('.recipient').textContent)
}

function mergeDetail(fresh) {
  const isSame = ['message', 'version'].every((name) => detail.dataset[name] === fresh.dataset[name])
  if (isSame && fresh.dataset.message) {
    const back = (root) => root.querySelector('.back')
    copyAttribute('href', back(fresh), back(detail))
    return
  }
  enhance(fresh)
  detail.dataset.message = fresh.dataset.message
  detail.dataset.version = fresh.dataset.version
  detail.replaceChildren(...fresh.childNodes)
  detail.scrollTop = 0
}

/** On narrow screens either the list or the message is visible: the focus and the scroll position move with it. */
function showPane() {
  const isOpen = new URLSearchParams(location.search).has('message')
  const changes = main.hasAttribute('data-open') !== isOpen
  main.toggleAttribute('data-open', isOpen)
  if (!changes || wide.matches) return
  scrollTo(0, isOpen ? 0 : listTop)
  if (document.activeElement === search) return
  if (isOpen) byId('heading')?.focus()
  else list.querySelector('[aria-current]')?.focus({ preventScroll: true })
}

/** The current row is marked at once, before the server has answered. */
function mark(row) {
  for (const other of rows()) other.removeAttribute('aria-current')
  row.setAttribute('aria-current', 'true')
}

async function visit(href) {
  if (!main.hasAttribute('data-open')) listTop = scrollY
  if (href !== location.pathname + location.search) history.pushState(null, '', href)
  search.value = new URLSearchParams(location.search).get('q') ?? ''
  await load()
  showPane()
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('.copy')
  if (button) copy(button)
  const link = event.target.closest('a[href="/inbox"], a[href^="/inbox?"]')
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  if (link.matches('.row')) mark(link)
  visit(link.getAttribute('href'))
})

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

function filter(delay) {
  const url = new URL(location.href)
  const text = search.value.trim()
  url.searchParams.delete('message')
  if (text === '') url.searchParams.delete('q')
  else url.searchParams.set('q', text)
  history.replaceState(null, '', url)
  showPane()
  loadIn(delay, { told: true })
}
search.addEventListener('input', () => filter(200))
search.form.addEventListener('submit', (event) => {
  event.preventDefault()
  filter(0)
})

function move(event) {
  const all = rows()
  const from = document.activeElement === document.body ? all.findIndex((row) => row.hasAttribute('aria-current')) : all.indexOf(document.activeElement)
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: all.length - 1 }[event.key]
  const row = all[Math.max(0, Math.min(to, all.length - 1))]
  if (!row) return
  event.preventDefault()
  row.focus()
  if (!wide.matches) return
  mark(row)
  history.replaceState(null, '', row.getAttribute('href'))
  showPane()
  loadIn(60)
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || dialog.open) return
  const { key, target } = event
  if (key === '/' && !target.closest('input')) {
    event.preventDefault()
    search.focus()
  }
  const isOnList = target.matches('.row') || (target === document.body && wide.matches)
  if (isOnList ? ['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(key) : target === search && key === 'ArrowDown') move(event)
})

byId('empty').addEventListener('click', () => {
  dialog.returnValue = ''
  dialog.showModal()
})
dialog.addEventListener('close', async () => {
  byId('empty').focus()
  if (dialog.returnValue !== 'empty') return
  const answer = await fetch('/inbox/clear', { method: 'POST' }).catch(() => undefined)
  if (!answer?.ok) return announce('The inbox could not be emptied')
  const url = new URL(location.href)
  url.searchParams.delete('message')
  await visit(url.pathname + url.search)
  announce('The messages were deleted')
})

addEventListener('popstate', async () => {
  search.value = new URLSearchParams(location.search).get('q') ?? ''
  await load()
  showPane()
})
document.addEventListener('visibilitychange', () => { if (!document.hidden) load({ isRefresh: true }) })
enhance(document)
timer = setTimeout(load, refreshMs, { isRefresh: true })
`
