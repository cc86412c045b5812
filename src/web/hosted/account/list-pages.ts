import { html } from '../../../base/html.ts'
import type { DevicesView } from '../../../oauth/account-page/sections/devices.ts'
import { type HistoryView, olderThanParameter } from '../../../oauth/account-page/sections/history.ts'
import type { LinksView } from '../../../oauth/account-page/sections/links.ts'
import type { AuthEvent } from '../../../protection/auth-event.ts'
import { type Entry, entries } from '../../pages/account-components.ts'
import { lead, link } from '../../pages/components.ts'
import type { TextKey } from '../../pages/locales/en.ts'
import { placeOf } from '../feedback.ts'
import { labelOf } from '../provider-links.ts'
import { timeIfKnown, timeText } from '../time-text.ts'
import type { SectionPage } from './section-page.ts'

export const devicesPage: SectionPage<DevicesView> = (shell, { view, account, address, may }) => {
  const { text } = shell
  const skips = account.pool.devices?.challengeRequiredOnNewDevice === true
  const list = view.devices.map(
    ({ key, name, remembered, isCurrent, ...device }): Entry => ({
      title: name ?? key,
      marks: [isCurrent ? text('accountThisDevice') : undefined, skips && remembered ? text('accountSkipsSecondStep') : undefined],
      facts: [
        ['accountCreated', timeIfKnown(shell, device.createdAt)],
        ['accountLastUsed', timeIfKnown(shell, device.lastAuthenticatedAt)],
        ['signInLinkAddress', device.lastIp ?? undefined],
      ],
      actions: [
        skips && remembered && may('distrust') ? { action: 'distrust', label: text('accountDistrust'), fields: { id: key } } : undefined,
        may('forget') ? { action: 'forget', label: text('accountRemoveButton'), fields: { id: key } } : undefined,
      ],
    }),
  )
  return {
    title: text('accountDevices'),
    body: [list.length === 0 ? lead(text('accountNoDevices')) : entries(shell, address, list)],
  }
}

export const linksPage: SectionPage<LinksView> = (shell, { view, address, may }) => {
  const { text } = shell
  const list = view.identities.map(
    ({ id, providerName, dateCreated, canUnlink }): Entry => ({
      title: labelOf(providerName),
      facts: [['accountLinkedOn', timeIfKnown(shell, dateCreated)]],
      note: canUnlink ? undefined : text('accountOnlyWay'),
      actions: [canUnlink && may('unlink') ? { action: 'unlink', label: text('accountUnlink'), fields: { id } } : undefined],
    }),
  )
  return { title: text('accountLinks'), body: [entries(shell, address, list)] }
}

const eventTexts: Readonly<Record<AuthEvent['type'], TextKey>> = {
  SignIn: 'accountEventSignIn',
  SignUp: 'accountEventSignUp',
  ForgotPassword: 'accountEventForgotPassword',
  PasswordChange: 'accountEventPasswordChange',
  ResendCode: 'accountEventResendCode',
}

const responseTexts: Readonly<Record<AuthEvent['response'], TextKey>> = {
  Pass: 'accountEventPass',
  Fail: 'accountEventFail',
  InProgress: 'accountEventInProgress',
}

export const historyPage: SectionPage<HistoryView> = (shell, { view, address, may }) => {
  const { text } = shell
  const list = view.events.map(
    ({ id, type, response, createdAt, details, feedback }): Entry => ({
      title: `${text(eventTexts[type])}, ${timeText(shell, createdAt)}`,
      marks: [text(responseTexts[response])],
      facts: [
        ['signInLinkBrowser', details.device],
        ['feedbackPlace', placeOf(details)],
        ['signInLinkAddress', details.ip],
      ],
      note: feedback && text(feedback.value === 'Valid' ? 'accountWasYou' : 'accountWasNotYou'),
      actions: [
        feedback === undefined && may('valid') ? { action: 'valid', label: text('feedbackYes'), fields: { id } } : undefined,
        feedback?.value !== 'Invalid' && may('invalid') ? { action: 'invalid', label: text('feedbackNo'), fields: { id } } : undefined,
      ],
    }),
  )
  const older = view.olderThan && `${address}&${new URLSearchParams({ [olderThanParameter]: view.olderThan })}`
  return {
    title: text('accountHistory'),
    body: [
      list.length === 0 ? lead(text('accountNoHistory')) : entries(shell, address, list),
      older ? html`<p class="question">${link(older, text('accountOlder'))}</p>` : undefined,
    ],
  }
}
