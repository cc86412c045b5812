/**
 * How many different statements are prepared in each connection. Without a limit, `IN` lists of varying length would fill the server's
 * memory.
 */
const maxNames = 500

/** The names under which connections prepare statements. A statement has the same name in all connections. */
export class StatementNames {
  readonly #names = new Map<string, string>()
  #generation = 0

  /** The name of a statement. Undefined for a new statement when there are `maxNames` names already: then do not prepare the statement. */
  nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql)
    if (known !== undefined || this.#names.size >= maxNames) return known
    const name = `lifeguard_${this.#generation}_${this.#names.size}`
    this.#names.set(sql, name)
    return name
  }

  /**
   * To be called when PostgreSQL rejects the statement `name` because its result has other columns now: a process of a later release has
   * added some (see migrate.ts). Every statement gets a new name, so that each connection prepares it again.
   */
  renew(sql: string, name: string | undefined): void {
    // Several connections notice the new columns at the same time. Only the first one renews the names.
    if (this.#names.get(sql) !== name) return
    this.#names.clear()
    this.#generation++
  }
}
