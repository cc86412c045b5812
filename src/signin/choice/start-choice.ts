import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import { readStepUp } from '../assurance/step-up.ts'
import { findCandidate, requireNotReset } from '../candidate.ts'
import type { Verdict } from '../factor.ts'
import { migrateAtSignIn } from '../factors/password/migrate-at-sign-in.ts'
import type { Visit } from '../sign-in.ts'
import { runPreAuthentication } from '../trigger-facts.ts'
import { proveSignUp } from './after-sign-up.ts'
import { choiceNames, findChoices } from './choices.ts'
import { askForChoice, askForChosen, type ChoiceDeps, proveChosen } from './choose.ts'
import { startStepUp } from './start-step-up.ts'

type Start = {
  readonly username: string
  readonly parameters: Readonly<Record<string, string>>
  /** What ConfirmSignUp gave to a new user. */
  readonly session: string | undefined
  readonly visit: Visit
}

/**
 * USER_AUTH: the user begins with what they prefer, if they are able to, or is asked what it shall be. Throws
 * InvalidParameterException for a preference that is none, and what a level of assurance that was asked for is refused with.
 */
export async function startChoice(
  deps: ChoiceDeps,
  pool: Pool,
  client: AppClient,
  { username, parameters, session, visit }: Start,
): Promise<Verdict> {
  const preferred = readPreference(parameters['PREFERRED_CHALLENGE'])
  const password = preferred === 'PASSWORD' && pool.allowedFirstFactors.includes('PASSWORD') ? parameters['PASSWORD'] : undefined
  const migrate = password ? () => migrateAtSignIn(deps, pool, client, { username, password, visit }) : undefined
  const candidate = await findCandidate(deps, pool, client, username, migrate)
  await runPreAuthentication(deps, { pool, client }, candidate, { name: username, visit })
  if (candidate.user !== undefined) requireNotReset(client, candidate.user)
  const signedUp = session === undefined ? undefined : await proveSignUp(deps, client, candidate, session)
  if (signedUp !== undefined) return signedUp

  const asked = await readStepUp(deps, pool, parameters)
  const found = await findChoices(deps, { ...candidate, pool, client, name: username, stepUp: undefined, caller: visit.caller })
  const begun = asked === undefined ? found : startStepUp(found, asked)
  if ('kind' in begun) return begun
  const { chooser, choices } = begun
  const chosen = choices.available.find((name) => name === preferred)
  if (chosen === undefined) return { kind: 'ask', question: askForChoice(deps, chooser, choices), consumes: undefined }
  const proven = await proveChosen(deps, chooser, { choices, chosen, parameters, state: undefined, caller: visit.caller })
  return proven ?? { kind: 'ask', question: await askForChosen(deps, chooser, choices, chosen), consumes: undefined }
}

function readPreference(preferred: string | undefined): string | undefined {
  if (!preferred || choiceNames.some((name) => name === preferred)) return preferred
  throw new ApiError('InvalidParameterException', `PREFERRED_CHALLENGE must be one of ${choiceNames.join(', ')}.`)
}
