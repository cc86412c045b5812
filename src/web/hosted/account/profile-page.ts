import { type Html, html } from '../../../base/html.ts'
import { fieldOf, type ProfileAddress, type ProfileAttribute, type ProfileView } from '../../../oauth/account-page/sections/profile.ts'
import { part, withAction } from '../../pages/account-components.ts'
import { field, form, labelledFacts, lead, secondarySubmit, select, submit } from '../../pages/components.ts'
import type { Shell } from '../../pages/layout.ts'
import type { TextKey } from '../../pages/locales/en.ts'
import { attributeField, attributeLabel } from '../attribute-field.ts'
import { fieldProblemsIn } from '../sign-up-problems.ts'
import type { SectionPage, Shown } from './section-page.ts'

type ShownProfile = Shown<ProfileView>

/** The user's attributes: one form for all, and one for each address, because a new address has to be verified. */
export const profilePage: SectionPage<ProfileView> = (shell, shown) => {
  const problems = problemsOf(shown)
  return {
    title: shell.text('accountProfile'),
    body: [attributeForm(shell, shown, problems), ...shown.view.addresses.map((address) => addressPart(shell, shown, address, problems))],
    hasProblem: problems.size > 0,
  }
}

type Problems = ReadonlyMap<string, TextKey>

/** What is wrong with fields of the last form, by their attributes. */
function problemsOf({ problem, view }: ShownProfile): Problems {
  if (problem === undefined) return new Map()
  const attributes = [...view.attributes.map(({ definition }) => definition.name), ...view.addresses.map(({ attribute }) => attribute)]
  const found = fieldProblemsIn(problem, { name: undefined, attributes })
  return new Map([...found].map(([name, key]) => [name.replace(/^requiredAttributes\[(.*)\]$/, '$1'), key] as const))
}

function attributeForm(shell: Shell, shown: ShownProfile, problems: Problems): Html | undefined {
  const { view, address, may } = shown
  const isEditable = (one: ProfileAttribute) => one.isEditable && may('save')
  const fixed = view.attributes.filter((one) => !isEditable(one) && one.value !== undefined)
  const editable = view.attributes.filter(isEditable)
  if (editable.length === 0 && fixed.length === 0) return undefined
  const known = fixed.map(({ definition, value }) => [attributeLabel(shell, definition.name), value] as const)
  const [first, others] = [editable.filter(isUsual(shown)), editable.filter((one) => !isUsual(shown)(one))]
  const fieldsOf = (some: readonly ProfileAttribute[]) => some.map((one) => fieldFor(shell, shown, one, problems))
  const hasProblem = others.some(({ definition }) => problems.has(definition.name))
  const more = html`<details class="details"${(hasProblem || first.length === 0) && html` open`}><summary>${shell.text('accountMore')}</summary><div class="more">${fieldsOf(others)}</div></details>`
  const fields = [...fieldsOf(first), others.length > 0 ? more : undefined, submit(shell.text('accountSaveButton'))]
  return html`<section class="part">${known.length > 0 && labelledFacts(known)}${editable.length > 0 && form(withAction(shell, 'save'), { action: address, fields })}</section>`
}

/** Every pool has all standard attributes. Those that neither the pool, the client nor the user has chosen stand behind a link. */
const isUsual =
  ({ account: { client } }: ShownProfile) =>
  ({ definition: { name, required }, value }: ProfileAttribute): boolean =>
    required || value !== undefined || name.includes(':') || client.writeAttributes !== undefined

function fieldFor(
  shell: Shell,
  { account, form: sent }: ShownProfile,
  { definition: { name: attribute, required, type }, value: stored }: ProfileAttribute,
  problems: Problems,
): Html {
  const name = fieldOf(attribute)
  const value = sent?.get(name) ?? stored
  if (type === 'Boolean') {
    const options = [
      ['', '–'],
      ['true', shell.text('accountYes')],
      ['false', shell.text('accountNo')],
    ] as const
    return select(shell, { name, label: attributeLabel(shell, attribute), value, options, isOptional: !required })
  }
  const error = problems.get(attribute)
  const asked = { name, attribute, pool: account.pool, value, error: error && shell.text(error) }
  const kind = type === 'Number' ? ({ inputmode: 'numeric' } as const) : {}
  return field(shell, { ...attributeField(shell, asked), ...kind, isOptional: !required })
}

/** An address: what the user has, the field for another one, and the field for the code that waits. */
function addressPart(shell: Shell, shown: ShownProfile, one: ProfileAddress, problems: Problems): Html | undefined {
  const { text } = shell
  const { attribute, value, waiting, isVerified } = one
  const isChangeable = one.isEditable && shown.may('address')
  const needsCode = waiting !== undefined || (value !== undefined && !isVerified)
  if (value === undefined && waiting === undefined && !isChangeable) return undefined
  return part(attributeLabel(shell, attribute), [
    value === undefined
      ? undefined
      : html`<p class="value"><bdi>${value}</bdi> <span class="mark-text">${text(isVerified ? 'accountVerified' : 'accountNotVerified')}</span></p>`,
    needsCode && shown.may('verify') ? codeForm(shell, shown, one) : undefined,
    isChangeable ? addressForm(shell, shown, one, problems) : undefined,
  ])
}

function codeForm(shell: Shell, { address, may }: ShownProfile, { attribute, waiting }: ProfileAddress): Html {
  const { text } = shell
  const code = field(shell, {
    name: 'code',
    id: `code-${attribute}`,
    label: text('code'),
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxLength: 64,
  })
  // Without a code that waits, there is only the button that sends one.
  const resend = form(withAction(shell, 'resend', { attribute }), { action: address, fields: [secondarySubmit(text('resendButton'))] })
  const isResendable = may('resend')
  if (waiting === undefined) return html`${isResendable && resend}`
  const verify = form(withAction(shell, 'verify', { attribute }), { action: address, fields: [code, submit(text('verifyButton'))] })
  return html`${lead(text('accountCodeWaiting', { destination: waiting }))}${verify}${isResendable && resend}`
}

function addressForm(shell: Shell, { address, form: sent }: ShownProfile, one: ProfileAddress, problems: Problems): Html {
  const { attribute, value, isRequired } = one
  const isEmail = attribute === 'email'
  const error = problems.get(attribute)
  const typed = sent?.get('attribute') === attribute ? sent.get('contact') : undefined
  const contact = field(shell, {
    name: 'contact',
    id: attribute,
    label: attributeLabel(shell, attribute),
    type: isEmail ? 'email' : 'tel',
    inputmode: isEmail ? 'email' : 'tel',
    autocomplete: isEmail ? 'email' : 'tel',
    hint: isEmail ? undefined : shell.text('phoneHint'),
    value: typed ?? value,
    isOptional: !isRequired,
    error: error && shell.text(error),
    hasFocus: error !== undefined,
  })
  return form(withAction(shell, 'address', { attribute }), {
    action: address,
    fields: [contact, secondarySubmit(shell.text('accountSaveButton'))],
  })
}
