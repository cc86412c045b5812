import { html } from '../../../base/html.ts'
import type { AppSession, BrowserSession, SessionsView } from '../../../oauth/account-page/sections/sessions.ts'
import { type Entry, entries, part, withAction } from '../../pages/account-components.ts'
import { form, lead, secondarySubmit } from '../../pages/components.ts'
import type { Shell } from '../../pages/layout.ts'
import { timeIfKnown, timeText } from '../time-text.ts'
import type { SectionPage } from './section-page.ts'

export const sessionsPage: SectionPage<SessionsView> = (shell, { view, address, may }) => {
  const { text } = shell
  const here: Entry = {
    title: text('accountThisBrowser'),
    facts: [['accountSignedInOn', timeText(shell, view.signedInAt)]],
    actions: [{ action: 'end-here', label: text('accountSignOutHere') }],
  }
  const others = view.browsers.filter(({ isCurrent }) => !isCurrent).map((one) => browserEntry(shell, one, may('end-browser')))
  const apps = view.apps?.map((one) => appEntry(shell, one, may('revoke')))
  return {
    title: text('accountSessions'),
    body: [
      part(text('accountBrowsers'), entries(shell, address, [here, ...others], 3)),
      apps && part(text('accountApps'), apps.length === 0 ? html`<p>${text('accountNoApps')}</p>` : entries(shell, address, apps, 3)),
      may('end-all')
        ? part(text('accountSignOutEverywhere'), [
            lead(text('accountSignOutEverywhereText')),
            form(withAction(shell, 'end-all'), { action: address, fields: [secondarySubmit(text('accountSignOutEverywhere'))] }),
          ])
        : undefined,
    ],
  }
}

function browserEntry(shell: Shell, { sid, clientNames, expiresAt }: BrowserSession, mayEnd: boolean): Entry {
  const { text } = shell
  return {
    title: text('accountBrowserWithApps', { apps: clientNames.join(', ') }),
    facts: [['accountEndsOn', timeText(shell, expiresAt)]],
    actions: [mayEnd ? { action: 'end-browser', label: text('accountSignOutThere'), fields: { id: sid } } : undefined],
  }
}

function appEntry(shell: Shell, { id, clientName, createdAt, activity }: AppSession, mayEnd: boolean): Entry {
  const { text } = shell
  return {
    title: clientName ?? text('accountUnknownApp'),
    facts: [
      ['signInLinkBrowser', activity?.device],
      ['accountSignedInOn', timeText(shell, createdAt)],
      ['accountLastUsed', timeIfKnown(shell, activity?.lastActiveAt)],
      ['signInLinkAddress', activity?.ip ?? undefined],
    ],
    actions: [mayEnd ? { action: 'revoke', label: text('accountSignOutThere'), fields: { id } } : undefined],
  }
}
