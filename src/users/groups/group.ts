/** A named set of users of a pool; the tokens of its members say so. Times in epoch milliseconds. */
export type Group = {
  readonly poolId: string
  /** Unique in its pool, upper and lower case told apart; never changes. */
  readonly name: string
  readonly description: string | null
  /** The role that its members may get credentials for from an identity pool. */
  readonly roleArn: string | null
  /** The lowest number comes first, null last. */
  readonly precedence: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /**
   * What its members' rows call the group: its name, or another key while the members of a deleted group of that name are still being
   * removed, whom it must not inherit. A key begins with the name, and sorts as it does: after it comes a space, which no name has.
   */
  readonly memberKey: string
}

/** What tokens say of a group. */
export type Membership = Pick<Group, 'name' | 'roleArn' | 'precedence'>

/** The groups in order: by precedence, those that have none last, and by name among equals. */
export function byPrecedence<G extends Membership>(groups: readonly G[]): readonly G[] {
  return groups.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1))
}

/** The roles of the groups in the groups' order, each once. */
export function rolesOf(groups: readonly Membership[]): readonly string[] {
  const roles = byPrecedence(groups).map(({ roleArn }) => roleArn)
  return [...new Set(roles.filter((role) => role !== null))]
}

/** The role of the group that comes first among those that have one; undefined when two that are level with it name different roles. */
export function preferredRoleOf(groups: readonly Membership[]): string | undefined {
  const withRole = byPrecedence(groups.filter(({ roleArn }) => roleArn !== null))
  const [first] = withRole
  const roles = new Set(withRole.filter(({ precedence }) => precedence === first?.precedence).map(({ roleArn }) => roleArn))
  return roles.size === 1 ? (first?.roleArn ?? undefined) : undefined
}

const rankOf = ({ precedence }: Membership): number => precedence ?? 2 ** 31
