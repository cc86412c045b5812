import { Amplify } from 'aws-amplify'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { memoryStorage } from './cognito-user.ts'
import type { TestServer } from './test-server.ts'

/** Amplify as in a new browser, configured for the app client. A process has one Amplify, so this configuration replaces an earlier one. */
export function openAmplify(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }): void {
  cognitoUserPoolsTokenProvider.setKeyValueStorage(amplifyStorage())
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server.url }
  Amplify.configure({ Auth: { Cognito } })
}

/** An empty storage with the asynchronous functions that Amplify's types require. */
export function amplifyStorage() {
  const { setItem, getItem, removeItem, clear } = memoryStorage()
  return {
    setItem: async (key: string, value: string) => setItem(key, value),
    getItem: async (key: string) => getItem(key),
    removeItem: async (key: string) => removeItem(key),
    clear: async () => clear(),
  }
}
