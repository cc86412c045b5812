import type { Migration } from './migration.ts'

/**
 * A column of its own for the settings of app clients that Cognito does not have. Releases before this one write the whole configuration of
 * a client anew when they change it. They would remove the keys of a client, which would then be a public client.
 */
export const extensionsOfClients: Migration = {
  name: '0029-extensions-of-clients',
  async up(db, dialect) {
    await db.schema.alterTable('app_client').addColumn('extensions', dialect.text).execute()
  },
}
