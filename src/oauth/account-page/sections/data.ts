import { section } from '../section.ts'
import { collectUserData } from '../user-data.ts'

/** A file with the data of the user. */
export const data = section({
  shows: ['GetUser'],
  isOffered: () => true,

  async open() {
    return {}
  },

  actions: {
    download: {
      operation: 'GetUser',
      switches: ['GetUser'],
      isSensitive: true,
      async run({ db }, account) {
        return { kind: 'file', name: 'account-data.json', content: await collectUserData(db, account) }
      },
    },
  },
})
