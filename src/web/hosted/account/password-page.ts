import type { ApiError } from '../../../contract/api-error.ts'
import type { PasswordView } from '../../../oauth/account-page/sections/password.ts'
import { stolenPassword } from '../../../protection/breached-passwords/password-screening.ts'
import { withAction } from '../../pages/account-components.ts'
import { newPasswordFields } from '../../pages/account-pages.ts'
import { field, form, knownUsername, submit } from '../../pages/components.ts'
import type { TextKey } from '../../pages/locales/en.ts'
import { rulesOf } from '../challenge-page.ts'
import type { SectionPage } from './section-page.ts'

export const passwordPage: SectionPage<PasswordView> = (shell, { view, address, may, problem }) => {
  const { text } = shell
  const isAboutCurrent = problem?.message === 'Incorrect username or password.'
  const newError = problem && errorOfNew(problem)
  const current = field(shell, {
    name: 'current_password',
    label: text('accountCurrentPassword'),
    type: 'password',
    autocomplete: 'current-password',
    maxLength: 256,
    error: isAboutCurrent ? text('accountWrongPassword') : undefined,
  })
  const fields = [
    knownUsername(view.username),
    view.hasPassword ? current : undefined,
    ...newPasswordFields(shell, {
      rules: rulesOf(view.policy),
      label: text('newPassword'),
      errors: { password: newError && text(newError) },
    }),
    submit(text('accountSaveButton')),
  ]
  return {
    title: text('accountPassword'),
    body: [may('change') ? form(withAction(shell, 'change'), { action: address, fields }) : undefined],
    hasProblem: isAboutCurrent || newError !== undefined,
  }
}

/** What is wrong with the new password. The contract refuses some passwords before the policy of the pool does. */
function errorOfNew({ code, message }: ApiError): TextKey | undefined {
  if (message === stolenPassword().message) return 'errorPasswordStolen'
  return code === 'InvalidPasswordException' || message.includes("at 'proposedPassword' failed") ? 'errorPasswordRules' : undefined
}
