import { type AppClientCaller, hidesUserExistence } from './app-client.ts'
import { extensionsOf } from './extensions/pool-extensions.ts'

/**
 * Whether SignUp answers for a taken name as for a free one. The pool has to want it, and the client has to hide which users exist: other
 * answers to another client tell that anyway.
 */
export const hidesSignUps = ({ pool, client }: AppClientCaller): boolean =>
  extensionsOf(pool).signUp.hideExistingUsers === true && hidesUserExistence(client)
