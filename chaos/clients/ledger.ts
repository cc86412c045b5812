/** `unknown`: the client asked for it and was not told whether it was done. */
export type Fate = 'not asked' | 'unknown' | 'acknowledged'

/** What the clients know of one user. */
export type Account = {
  readonly username: string
  creation: Fate
  /** The id in the acknowledgement. */
  sub: string | undefined
  confirmation: Fate
  deletion: Fate
  /** The last attribute value that was acknowledged, and all that were sent without an answer. */
  nickname: string | undefined
  readonly unansweredNicknames: Set<string>
}

export type Session = { readonly username: string; readonly refreshToken: string; revocation: Fate }

/** The writes that clients asked for while one fault lasted, and which of them were acknowledged. */
export class Ledger {
  readonly prefix: string
  readonly accounts: Account[] = []
  readonly sessions: Session[] = []
  acknowledged = 0
  #names = 0

  /** All names of users begin with `prefix`. */
  constructor(prefix: string) {
    this.prefix = prefix
  }

  newAccount(): Account {
    const account: Account = {
      username: `${this.prefix}${this.#names++}`,
      creation: 'not asked',
      sub: undefined,
      confirmation: 'not asked',
      deletion: 'not asked',
      nickname: undefined,
      unansweredNicknames: new Set(),
    }
    this.accounts.push(account)
    return account
  }

  /** Asks for a write by `ask`, which answers undefined when it was not acknowledged, and keeps what became of it. */
  async write<T>(setFate: (fate: Fate) => void, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    setFate('unknown')
    const answer = await ask()
    if (answer === undefined) return undefined
    setFate('acknowledged')
    this.acknowledged++
    return answer
  }

  /** The same for a new value of an attribute. */
  async writeNickname(account: Account, nickname: string, ask: () => Promise<unknown>): Promise<void> {
    await this.write((fate) => {
      if (fate === 'unknown') account.unansweredNicknames.add(nickname)
      else {
        account.unansweredNicknames.delete(nickname)
        account.nickname = nickname
      }
    }, ask)
  }

  addSession(username: string, refreshToken: string | undefined): Session | undefined {
    if (refreshToken === undefined) return undefined
    this.acknowledged++
    const session: Session = { username, refreshToken, revocation: 'not asked' }
    this.sessions.push(session)
    return session
  }
}
