import { Amplify } from 'aws-amplify'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { memoryStorage } from './cognito-user.ts'
import type { TestServer } from './test-server.ts'

/** A browser of its own, pointed at the app client of a pool. Amplify is one to a process, so the one before is gone. */
export function openAmplify(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }): void {
  cognitoUserPoolsTokenProvider.setKeyValueStorage(amplifyStorage())
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server.url }
  Amplify.configure({ Auth: { Cognito } })
}

/** Amplify awaits its storage, so the synchronous one will do but for its types. */
export function amplifyStorage() {
  const { setItem, getItem, removeItem, clear } = memoryStorage()
  return {
    setItem: async (key: string, value: string) => setItem(key, value),
    getItem: async (key: string) => getItem(key),
    removeItem: async (key: string) => removeItem(key),
    clear: async () => clear(),
  }
}
