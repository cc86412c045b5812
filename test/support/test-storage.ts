import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import type { TestEngine } from './engines.ts'

export type TestStorage = Storage & AsyncDisposable & { readonly url: string }

/** Opens a new migrated database, which is closed and dropped at the end of the block that declares it by `await using`. */
export async function openTestStorage(engine: TestEngine, options: { poolSize?: number } = {}): Promise<TestStorage> {
  const database = await engine.createDatabase()
  const storage = await openStorage({ url: database.url, ...options })
  await storage.migrate()
  return {
    ...storage,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await storage.close()
      await database.drop()
    },
  }
}
