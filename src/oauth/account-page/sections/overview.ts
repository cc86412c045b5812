import { signInNameOf } from '../../../messaging/test-user-code.ts'
import { section } from '../section.ts'

export type OverviewView = { readonly username: string }

/** The way to all other sections. */
export const overview = section({
  shows: [],
  isOffered: () => true,

  async open(_deps, { pool, user }): Promise<OverviewView> {
    return { username: signInNameOf(pool, user) }
  },

  actions: {},
})
