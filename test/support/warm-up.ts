import { engines } from './engines.ts'
import { givenTokens, givenUser } from './sign-in.ts'
import { startTestServer } from './test-server.ts'

/*
 * A separate program, which global-setup.ts runs before the first test file. It does what most test files do, so that the compile cache has
 * the modules, and those functions of them that run. The cache keeps what the first process compiles, and later ones add no function.
 */
for (const engine of engines) {
  const server = await startTestServer(engine)
  const { poolId, clientId } = await server.givenPool()
  await givenUser(server, poolId, 'ana')
  await givenTokens(server, clientId, 'ana')
  await server.inbox()
  await server.close()
}
