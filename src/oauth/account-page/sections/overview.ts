import { section } from '../section.ts'

/** The way to all other sections. */
export const overview = section({
  shows: [],
  isOffered: () => true,

  async open() {
    return {}
  },

  actions: {},
})
