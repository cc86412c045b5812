/** The status of a write. `unknown`: the client requested it and got no answer that says whether it was done. */
export type WriteStatus = 'not requested' | 'unknown' | 'acknowledged'

/** What the clients know about one user. */
export type Account = {
  readonly username: string
  creation: WriteStatus
  /** The user's id in the answer that acknowledged the creation. */
  sub: string | undefined
  confirmation: WriteStatus
  deletion: WriteStatus
  /** The last nickname that was acknowledged. */
  nickname: string | undefined
  /** All nicknames that were sent in requests without an answer. */
  readonly unansweredNicknames: Set<string>
}

export type Session = { readonly username: string; readonly refreshToken: string; revocation: WriteStatus }

/** The writes that clients requested during one fault, and which of them were acknowledged. */
export class Ledger {
  readonly prefix: string
  readonly accounts: Account[] = []
  readonly sessions: Session[] = []
  acknowledged = 0
  #names = 0

  /** The names of all users in the ledger begin with `prefix`. */
  constructor(prefix: string) {
    this.prefix = prefix
  }

  newAccount(): Account {
    const account: Account = {
      username: `${this.prefix}${this.#names++}`,
      creation: 'not requested',
      sub: undefined,
      confirmation: 'not requested',
      deletion: 'not requested',
      nickname: undefined,
      unansweredNicknames: new Set(),
    }
    this.accounts.push(account)
    return account
  }

  /** Requests a write, and sets its status. `request` returns undefined when the write was not acknowledged. */
  async write<T>(setStatus: (status: WriteStatus) => void, request: () => Promise<T | undefined>): Promise<T | undefined> {
    setStatus('unknown')
    const answer = await request()
    if (answer === undefined) return undefined
    setStatus('acknowledged')
    this.acknowledged++
    return answer
  }

  /** Requests a change of the nickname, and records whether it was acknowledged. `request` returns undefined when it was not. */
  async writeNickname(account: Account, nickname: string, request: () => Promise<unknown>): Promise<void> {
    await this.write((status) => {
      if (status === 'unknown') account.unansweredNicknames.add(nickname)
      else {
        account.unansweredNicknames.delete(nickname)
        account.nickname = nickname
      }
    }, request)
  }

  addSession(username: string, refreshToken: string | undefined): Session | undefined {
    if (refreshToken === undefined) return undefined
    this.acknowledged++
    const session: Session = { username, refreshToken, revocation: 'not requested' }
    this.sessions.push(session)
    return session
  }
}
