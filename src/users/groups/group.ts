/** A named set of users of a pool. Tokens of its members name it. Times are in epoch milliseconds. */
export type Group = {
  readonly poolId: string
  /** Unique in its pool, case-sensitive; never changes. */
  readonly name: string
  readonly description: string | null
  /** The role whose credentials its members may get from an identity pool. */
  readonly roleArn: string | null
  /** Of a user's groups, the one with the lowest number comes first, and its role is preferred. Groups with null come last. */
  readonly precedence: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /**
   * Stands for the group in the rows of its members. Usually it is the group's name. When a group of that name was deleted and the sweeper
   * has not removed all its members yet, a new group must not inherit them. So the new group gets another key: the name, a space and a
   * UUID. The key sorts as the name does, because no name contains a space.
   */
  readonly memberKey: string
}

/** What a member's tokens say about a group. */
export type Membership = Pick<Group, 'name' | 'roleArn' | 'precedence'>

/** The groups by precedence, then by name. Groups without a precedence come last. */
export function byPrecedence<G extends Membership>(groups: readonly G[]): readonly G[] {
  return groups.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1))
}

/** The roles of the groups, in the order of the groups, without duplicates. */
export function rolesOf(groups: readonly Membership[]): readonly string[] {
  const roles = byPrecedence(groups).map(({ roleArn }) => roleArn)
  return [...new Set(roles.filter((role) => role !== null))]
}

/** The role of the first group that has one. Undefined when groups of the same precedence have different roles. */
export function preferredRoleOf(groups: readonly Membership[]): string | undefined {
  const withRole = byPrecedence(groups.filter(({ roleArn }) => roleArn !== null))
  const [first] = withRole
  const roles = new Set(withRole.filter(({ precedence }) => precedence === first?.precedence).map(({ roleArn }) => roleArn))
  return roles.size === 1 ? (first?.roleArn ?? undefined) : undefined
}

const rankOf = ({ precedence }: Membership): number => precedence ?? 2 ** 31
