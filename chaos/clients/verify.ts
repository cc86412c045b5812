import {
  AdminGetUserCommand,
  type AdminGetUserCommandOutput,
  type CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type Deployment, type Stage, type StoredUser, sdkClient } from '../stage/stage.ts'
import type { Account, Ledger, Session } from './ledger.ts'

export type Verdict = { readonly acknowledged: number; readonly lost: readonly string[]; readonly doubled: readonly string[] }

const concurrency = 8
/** The most sessions that are checked. Each check is a refresh, for which a node makes signatures. */
const maxSessions = 200

/** Checks that every acknowledged write is stored exactly once. It asks the nodes, and reads the database directly. */
export async function verify(stage: Stage, ledger: Ledger): Promise<Verdict> {
  const { deployment } = stage
  const clients = deployment.nodes.map(({ url }) => sdkClient(url, deployment.credentials, { maxAttempts: 5 }))
  const clientAt = (index: number) => clients[index % clients.length] as CognitoIdentityProviderClient
  try {
    const stored = (await stage.readUsers()).filter(({ username }) => username.startsWith(ledger.prefix))
    const lost: string[] = []
    await inParallel(ledger.accounts, async (account, index) => {
      lost.push(...(await missingOf(account, await findUser(clientAt(index), deployment, account.username))))
    })
    await inParallel(ledger.sessions.slice(-maxSessions), async (session, index) => {
      lost.push(...(await missingOfSession(clientAt(index), deployment, session)))
    })
    return { acknowledged: ledger.acknowledged, lost: [...lost, ...missingRows(ledger, stored)], doubled: doubledRows(ledger, stored) }
  } finally {
    for (const client of clients) client.destroy()
  }
}

async function findUser(client: CognitoIdentityProviderClient, { poolId }: Deployment, username: string) {
  try {
    return await client.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
  } catch (error) {
    if ((error as Error).name === 'UserNotFoundException') return undefined
    throw error
  }
}

function missingOf(account: Account, user: AdminGetUserCommandOutput | undefined): string[] {
  const { username, creation, confirmation, deletion } = account
  if (deletion === 'acknowledged') return user === undefined ? [] : [`${username} was deleted and is there`]
  if (user === undefined)
    return creation === 'acknowledged' && deletion === 'not requested' ? [`${username} was created and is missing`] : []
  const missing: string[] = []
  if (confirmation === 'acknowledged' && user.UserStatus !== 'CONFIRMED')
    missing.push(`${username} was confirmed and is ${user.UserStatus}`)
  const nickname = user.UserAttributes?.find(({ Name }) => Name === 'nickname')?.Value
  // A change without an answer may take effect at any time, even after a later one that was acknowledged.
  if (nickname !== account.nickname && !account.unansweredNicknames.has(nickname ?? '')) {
    missing.push(`${username} has the nickname ${nickname} in place of ${account.nickname}`)
  }
  return missing
}

async function missingOfSession(client: CognitoIdentityProviderClient, { clientId }: Deployment, session: Session): Promise<string[]> {
  const works = await client.send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken: session.refreshToken })).then(
    () => true,
    (error: Error) => {
      if (error.name === 'NotAuthorizedException') return false
      throw error
    },
  )
  if (session.revocation === 'acknowledged' && works) return [`a session of ${session.username} was revoked and still works`]
  return session.revocation === 'not requested' && !works ? [`a session of ${session.username} was begun and does not work`] : []
}

/** Users whose creation was acknowledged, but who are not stored with the id of the acknowledgement. */
function missingRows(ledger: Ledger, stored: readonly StoredUser[]): string[] {
  const rows = new Map(stored.map(({ username, sub }) => [username, sub]))
  return ledger.accounts
    .filter(({ creation, deletion }) => creation === 'acknowledged' && deletion === 'not requested')
    .filter(({ username, sub }) => rows.get(username) !== sub)
    .map(({ username, sub }) => `${username} was acknowledged as ${sub} and is stored as ${rows.get(username)}`)
}

function doubledRows(ledger: Ledger, stored: readonly StoredUser[]): string[] {
  const requested = new Set(ledger.accounts.map(({ username }) => username))
  const seen = new Set<string>()
  const doubled: string[] = []
  for (const { username, aliases } of stored) {
    if (seen.has(username)) doubled.push(`${username} is stored twice`)
    if (!requested.has(username)) doubled.push(`${username} is stored, but no client requested it`)
    if (aliases !== 1) doubled.push(`${aliases} names lead to ${username}`)
    seen.add(username)
  }
  return doubled
}

async function inParallel<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index)
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}
