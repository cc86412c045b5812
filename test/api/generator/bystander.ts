import assert from 'node:assert/strict'
import {
  AdminGetUserCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { givenSignedInUser } from '../../support/self-service.ts'
import { signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import type { TestServer } from '../../support/test-server.ts'

/** A user whose pool no generated request names, so no request may change the pool or the user. */
export type Bystander = {
  /** Rejects unless pool, client and user are unchanged, earlier tokens are still valid and the user can sign in. */
  requireUnchanged(): Promise<void>
}

const name = 'bystander'

export async function givenBystander(server: TestServer): Promise<Bystander> {
  const { poolId, clientId } = await server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
  const { accessToken } = await givenSignedInUser(server, { poolId, clientId }, name, { email: 'bystander@example.test' })
  const read = async () => {
    const answers = await Promise.all([
      server.send(new DescribeUserPoolCommand({ UserPoolId: poolId })),
      server.send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId })),
      server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name })),
    ])
    return answers.map(({ $metadata, ...answer }) => answer)
  }
  const before = await read()
  return {
    async requireUnchanged() {
      assert.deepEqual(await read(), before)
      assert.equal((await server.send(new GetUserCommand({ AccessToken: accessToken }))).Username, name)
      assert.ok((await signInByPassword(server, clientId, name)).AuthenticationResult?.IdToken)
      assert.ok((await signInBySrp(server, { poolId, clientId }, name)).AuthenticationResult?.IdToken)
    },
  }
}
