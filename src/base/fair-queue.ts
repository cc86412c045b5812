/**
 * A queue of items in groups. The groups take turns; within a group, items leave in the order in which they came. So a group with many
 * items does not delay the first items of the others.
 */
export type FairQueue<Item> = {
  readonly length: number
  push(group: string, item: Item): void
  /** Takes the oldest item of the group whose turn it is. Groups for which `mayLeave` is false are passed over. */
  shift(mayLeave?: (group: string) => boolean): Item | undefined
  /**
   * Makes room for one more item of the group: takes the newest item of the longest group. Undefined, and nothing is taken, when no group
   * would still have as many items as this one with the new item.
   */
  takeFromLongest(group: string): Item | undefined
  /** Takes this item out of the queue, if it is still in it. */
  remove(group: string, item: Item): void
  /** Takes all items. */
  clear(): Item[]
}

export function createFairQueue<Item>(): FairQueue<Item> {
  /** The groups with items; the group whose turn it is comes first. */
  const groups = new Map<string, Item[]>()
  let length = 0
  return {
    get length() {
      return length
    },

    push(group, item) {
      const items = groups.get(group)
      if (items === undefined) groups.set(group, [item])
      else items.push(item)
      length += 1
    },

    shift(mayLeave = () => true) {
      for (const [group, items] of groups) {
        if (!mayLeave(group)) continue
        groups.delete(group)
        if (items.length > 1) groups.set(group, items)
        length -= 1
        return items.shift()
      }
      return undefined
    },

    takeFromLongest(group) {
      const longest = [...groups.values()].reduce((one, other) => (other.length > one.length ? other : one), [])
      if (longest.length <= (groups.get(group)?.length ?? 0) + 1) return undefined
      length -= 1
      return longest.pop()
    },

    remove(group, item) {
      const items = groups.get(group) ?? []
      if (!items.includes(item)) return
      items.splice(items.indexOf(item), 1)
      if (items.length === 0) groups.delete(group)
      length -= 1
    },

    clear() {
      const items = [...groups.values()].flat()
      groups.clear()
      length = 0
      return items
    },
  }
}
