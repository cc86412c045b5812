import { ApiError } from '../../contract/api-error.ts'
import { type Candidate, findAgain, requireNotReset } from '../candidate.ts'
import type { Answer, Factor, Verdict } from '../factor.ts'
import { email } from '../factors/email/email.ts'
import { migrateAtSignIn } from '../factors/password/migrate-at-sign-in.ts'
import { requireParameter } from '../parameters.ts'
import { requireChoiceState } from './choice-state.ts'
import { type ChoiceName, type Choices, choiceNames, findChoices } from './choices.ts'
import { askForChosen, type ChoiceDeps, proofKeys, proveChosen } from './choose.ts'

/**
 * The answers of a sign-in in which the user chooses: SELECT_CHALLENGE says what it shall be, with the proof or without, and so does an
 * answer by the name of the challenge itself. Each Session takes either, so a user can change their mind.
 */
export const choiceFactors: readonly Factor<ChoiceDeps>[] = [
  { challenge: 'SELECT_CHALLENGE', answer: (deps, answer) => answerChoice(deps, answer, undefined) },
  ...choiceNames.map((name) => (name === 'EMAIL_OTP' ? emailOtp() : factorOf(name))),
]

function factorOf(name: ChoiceName): Factor<ChoiceDeps> {
  return { challenge: name, answer: (deps, answer) => answerChoice(deps, answer, name) }
}

/** One name for two things: a second factor, and a way to begin. The Session tells which. */
function emailOtp(): Factor<ChoiceDeps> {
  return {
    challenge: 'EMAIL_OTP',
    answer(deps, answer) {
      const isSecondFactor = answer.state?.challenge !== 'SELECT_CHALLENGE'
      return isSecondFactor ? email.answer(deps, answer) : answerChoice(deps, answer, 'EMAIL_OTP')
    },
  }
}

async function answerChoice(deps: ChoiceDeps, answer: Answer, named: ChoiceName | undefined): Promise<Verdict> {
  const { pool, client, responses } = answer
  const state = requireChoiceState(deps, answer)
  const user = await findAgain(deps, pool, state.sub, requireParameter(responses, 'USERNAME'))
  if (user !== undefined) requireNotReset(client, user)
  const found = await findChoices(deps, {
    sub: state.sub,
    user,
    pool,
    client,
    name: state.memory.name,
    stepUp: state.stepUp,
    caller: answer.caller,
  })
  const { choices } = found
  const chosen = requireAvailable(choices, named ?? requireParameter(responses, 'ANSWER'))
  const migrated = user === undefined && chosen === 'PASSWORD' ? await migrate(deps, answer, state.memory.name) : undefined
  const chooser = { ...found.chooser, ...migrated }

  const proven = await proveChosen(deps, chooser, { choices, chosen, parameters: responses, state, caller: answer.caller })
  if (proven !== undefined) return proven
  // An answer without the answer. By SELECT_CHALLENGE it asks to be asked again, such as for another code.
  if (named !== undefined && state.memory.asked === named) requireParameter(responses, proofKeys[named])
  return { kind: 'ask', question: await askForChosen(deps, chooser, choices, chosen), consumes: state }
}

/** Somebody unknown may come over from another system with the password that is their answer. */
async function migrate(deps: ChoiceDeps, { pool, client, responses, caller }: Answer, username: string): Promise<Candidate | undefined> {
  const password = responses[proofKeys.PASSWORD]
  if (!password) return undefined
  return migrateAtSignIn(deps, pool, client, { username, password, visit: { caller, validationData: undefined } })
}

function requireAvailable({ available }: Choices, chosen: string): ChoiceName {
  const found = available.find((name) => name === chosen)
  if (found === undefined) throw new ApiError('InvalidParameterException', `The challenge must be one of ${available.join(', ')}.`)
  return found
}
