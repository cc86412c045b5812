import { createHash } from 'node:crypto'
import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import { type InboxEntry, inboxLimits, writeEntry } from './inbox.ts'
import { type InboxTally, listInboxMessages, tallyInbox } from './inbox-repository.ts'
import type { Channel } from './message.ts'
import { listUnsentRows, type MessageRow } from './message-record-repository.ts'
import { type UnsentEntry, unsentEntry } from './unsent.ts'

/** An entry of the inbox page: a message that was sent, or a message that was not sent, with the reason. */
export type ListedEntry = InboxEntry | UnsentEntry

export type InboxTab = 'all' | Channel | 'unsent'

export type InboxSearch = {
  /** The words to search for, separated by spaces. A message must contain each of them. Case does not count. */
  readonly text: string
  readonly poolId: string | undefined
  readonly tab: InboxTab
  readonly limit: number
}

export type InboxResult = {
  /** Newest first. */
  readonly entries: readonly ListedEntry[]
  /** How many messages match the search on each tab of the inbox page. Of unsent messages only the newest 1000 count. */
  readonly counts: Readonly<Record<InboxTab, number>>
}

/** What the inbox holds, without the texts of the messages. */
export type InboxState = {
  readonly tallies: readonly InboxTally[]
  readonly unsent: readonly MessageRow[]
  /** A digest of `tallies` and of the states of the unsent messages. It changes when the inbox page has something new to show. */
  readonly version: string
}

const batchSize = 500

export async function readInboxState(db: Db): Promise<InboxState> {
  const tallies = await tallyInbox(db)
  const unsent = await listUnsentRows(db, inboxLimits.most)
  const progress = unsent.map(({ id, state, attempts, nextAttemptAt }) => [id, state, attempts, nextAttemptAt])
  const version = createHash('sha256')
    .update(JSON.stringify([tallies, progress]))
    .digest('base64url')
  return { tallies, unsent, version }
}

export async function searchInbox(db: Db, secrets: Secrets, state: InboxState, search: InboxSearch): Promise<InboxResult> {
  const matches = matcher(search)
  const unsent = state.unsent.map((row) => unsentEntry(secrets, row)).filter(matches)
  const sent = search.text.trim() === '' ? await newest(db, state, search) : await scan(db, search, matches)
  const counts = { all: 0, email: 0, sms: 0, unsent: unsent.length }
  for (const channel of ['email', 'sms'] as const) {
    counts[channel] = sent.counts[channel] + unsent.filter((entry) => entry.channel === channel).length
    counts.all += counts[channel]
  }
  const entries = [...unsent, ...sent.entries].filter((entry) => isOnTab(entry, search.tab))
  return { entries: entries.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, search.limit), counts }
}

type Sent = { readonly entries: InboxEntry[]; readonly counts: Record<Channel, number> }

async function newest(db: Db, { tallies }: InboxState, { poolId, tab, limit }: InboxSearch): Promise<Sent> {
  const counts = { email: 0, sms: 0 }
  for (const tally of tallies) if (poolId === undefined || tally.poolId === poolId) counts[tally.channel] += tally.count
  if (tab === 'unsent') return { entries: [], counts }
  const messages = await listInboxMessages(db, { poolId, channel: tab === 'all' ? undefined : tab }, limit)
  return { entries: messages.map(writeEntry), counts }
}

/**
 * Searches all messages of the inbox, in batches. The inbox is trimmed, so its messages are few. An index would not help: neither SQLite
 * nor PostgreSQL could find parts of words by it.
 */
async function scan(db: Db, { poolId, tab, limit }: InboxSearch, matches: (entry: InboxEntry) => boolean): Promise<Sent> {
  const found: Sent = { entries: [], counts: { email: 0, sms: 0 } }
  let before: string | undefined
  for (;;) {
    const batch = await listInboxMessages(db, { poolId, before }, batchSize)
    for (const entry of batch.map(writeEntry).filter(matches)) {
      found.counts[entry.channel]++
      if (found.entries.length < limit && isOnTab(entry, tab)) found.entries.push(entry)
    }
    if (batch.length < batchSize) return found
    before = batch.at(-1)?.id
  }
}

function isOnTab(entry: ListedEntry, tab: InboxTab): boolean {
  return tab === 'all' || (tab === 'unsent' ? 'state' in entry : entry.channel === tab)
}

function matcher({ text, poolId }: InboxSearch): (entry: InboxEntry) => boolean {
  const words = text.toLowerCase().split(/\s+/)
  return (entry) => {
    if (poolId !== undefined && entry.userPoolId !== poolId) return false
    const content = [entry.recipient, entry.subject, entry.text, entry.code, entry.username].join('\n').toLowerCase()
    return words.every((word) => content.includes(word))
  }
}
