import { submitCorporateAddress } from '../../oauth/providers/corporate-address.ts'
import { openExpired, sendLogin } from './login.ts'
import { takeOwnForm } from './own-form.ts'
import { sendToProvider } from './provider-answer.ts'
import { type FormHandler, redirectToApp } from './visit.ts'

/** The e-mail address of a user of a company leads to the company's provider. */
export const postCorporateAddress: FormHandler = async (visit, form) => {
  const outcome = await takeOwnForm(visit, form, {
    operation: 'InitiateAuth',
    take: (form) => submitCorporateAddress(visit.deps, visit.browser, form),
    refuse: (form, problem) => openExpired(visit, form, problem),
  })
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  return outcome.kind === 'provider' ? sendToProvider(visit, outcome) : sendLogin(visit, outcome)
}
