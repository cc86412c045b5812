import { inboxLimits } from '../messaging/inbox.ts'
import type { InboxSearch, InboxTab } from '../messaging/inbox-search.ts'

export type Query = Readonly<Record<string, unknown>>

/** What the inbox page shows. All of it is in the page's address, so that a reload keeps it. */
export type InboxView = InboxSearch & {
  /** The id of the message that the user opened. */
  readonly message: string | undefined
}

const maxSearchLength = 200

export function readView(query: Query): InboxView {
  const limit = Number(textIn(query, 'limit') ?? inboxLimits.default)
  return {
    text: textIn(query, 'q')?.trim().slice(0, maxSearchLength) ?? '',
    poolId: textIn(query, 'userPoolId'),
    tab: readTab(query),
    limit: Number.isInteger(limit) ? Math.min(Math.max(limit, 1), inboxLimits.most) : inboxLimits.default,
    message: textIn(query, 'message'),
  }
}

function readTab(query: Query): InboxTab {
  if (textIn(query, 'state') === 'unsent') return 'unsent'
  const channel = textIn(query, 'channel')
  return channel === 'email' || channel === 'sms' ? channel : 'all'
}

/** The parameters of the page's address that name the tab and the pool. */
export function scopeOf({ tab, poolId }: Pick<InboxView, 'tab' | 'poolId'>): [name: string, value: string][] {
  const scope: [string, string][] = []
  if (tab === 'unsent') scope.push(['state', tab])
  if (tab === 'email' || tab === 'sms') scope.push(['channel', tab])
  if (poolId !== undefined) scope.push(['userPoolId', poolId])
  return scope
}

/** The address of `view` with `changes`. Unless `changes` names a `message`, no message is open. */
export function inboxUrl(view: InboxView, changes: Partial<InboxView>): string {
  const changed = { ...view, message: undefined, ...changes }
  const query = new URLSearchParams(scopeOf(changed))
  if (changed.text !== '') query.set('q', changed.text)
  if (changed.limit !== inboxLimits.default) query.set('limit', String(changed.limit))
  if (changed.message !== undefined) query.set('message', changed.message)
  return query.size === 0 ? '/inbox' : `/inbox?${query}`
}

/** The last value if the parameter is repeated; undefined if it is empty, as in forms whose field was left empty. */
export function textIn(query: Query, name: string): string | undefined {
  const value = query[name]
  const text = Array.isArray(value) ? value.at(-1) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}
