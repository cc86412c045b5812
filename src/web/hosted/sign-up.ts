import { openSignUp, type SignUpForm, submitSignUp } from '../../oauth/account/sign-up.ts'
import { fieldOfAttribute, type SignUpFields, signUpFieldsOf } from '../../oauth/account/sign-up-fields.ts'
import { type SignUpView, signUpPage } from '../pages/account-pages.ts'
import type { Shell } from '../pages/layout.ts'
import { attributeField } from './attribute-field.ts'
import { rulesOf } from './challenge-page.ts'
import { goOn } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendForm } from './send-form.ts'
import { fieldProblemsIn } from './sign-up-problems.ts'
import { type FormHandler, type Handler, redirectToApp, type Send, type Visit } from './visit.ts'

export const visitSignUp: Handler = async (visit) => {
  const outcome = await openSignUp(visit.deps, visit.browser)
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : sendSignUp(visit, outcome)
}

export const postSignUp: FormHandler = async (visit, form) => {
  const { deps, browser } = visit
  const outcome = await takeOwnForm(visit, form, {
    operation: 'SignUp',
    take: (form) => submitSignUp(deps, browser, form),
    async refuse(form, problem) {
      const opened = await openSignUp(deps, browser)
      return opened.kind === 'redirect' ? opened : { ...opened, form, problem }
    },
  })
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  return outcome.kind === 'sign-up' ? sendSignUp(visit, outcome) : goOn(visit, outcome)
}

function sendSignUp(visit: Visit, outcome: SignUpForm): Promise<Send> {
  const { request, problem: refusal } = outcome
  const { query } = visit.browser
  const asked = signUpFieldsOf(request)
  const problems = refusal === undefined ? noProblems : fieldProblemsIn(refusal, asked)
  return sendForm(visit, outcome, (shell, problem) => {
    const errorOf = (name: string) => {
      const key = problems.get(name)
      const isMissing = key === 'errorFormat' && outcome.form?.has(name) === false
      return key && shell.text(isMissing ? 'errorRequired' : key)
    }
    return signUpPage(shell, {
      action: `/signup?${query}`,
      ...fieldsOf(shell, outcome, asked, errorOf),
      rules: rulesOf(request.pool.passwordPolicy),
      passwordErrors: { password: errorOf('password'), confirm_password: errorOf('confirm_password') },
      terms: shell.terms,
      signInHref: `/login?${query}`,
      problem: problems.size === 0 ? problem : undefined,
    })
  })
}

const noProblems: ReturnType<typeof fieldProblemsIn> = new Map()

const identifierKinds = { username: 'username', email: 'email', phone_number: 'phone', 'email-or-phone': 'email-or-phone' } as const

/** The fields with the values that the user typed already. Passwords are never shown again. */
function fieldsOf(
  shell: Shell,
  { request: { pool }, form }: SignUpForm,
  asked: SignUpFields,
  errorOf: (name: string) => string | undefined,
): Pick<SignUpView, 'identifier' | 'fields'> {
  const identifier = asked.name && {
    kind: identifierKinds[asked.name],
    value: form?.get('username'),
    error: errorOf('username'),
  }
  const fields = asked.attributes.map((attribute) => {
    const name = fieldOfAttribute(attribute)
    return attributeField(shell, { name, attribute, pool, value: form?.get(name), error: errorOf(name) })
  })
  return { identifier, fields }
}
