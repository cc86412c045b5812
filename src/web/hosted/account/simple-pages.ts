import { html } from '../../../base/html.ts'
import { type AccountSection, accountAddress } from '../../../oauth/account-page/account-target.ts'
import { sectionLinks, withAction } from '../../pages/account-components.ts'
import { checkbox, form, lead, submit } from '../../pages/components.ts'
import type { TextKey } from '../../pages/locales/en.ts'
import type { SectionPage } from './section-page.ts'

/** What each part of the account page is called. */
const titles: Readonly<Record<AccountSection, TextKey>> = {
  overview: 'accountTitle',
  profile: 'accountProfile',
  password: 'accountPassword',
  factors: 'accountFactors',
  passkeys: 'accountPasskeys',
  devices: 'accountDevices',
  sessions: 'accountSessions',
  links: 'accountLinks',
  history: 'accountHistory',
  data: 'accountData',
  delete: 'accountDelete',
}

export const overviewPage: SectionPage<object> = (shell, { offered, account }) => {
  const others = offered.filter((section) => section !== 'overview')
  const all = others.map((section) => ({ href: accountAddress(section, account.client.id), label: shell.text(titles[section]) }))
  return { title: shell.text('accountTitle'), body: [sectionLinks(all)] }
}

export const dataPage: SectionPage<object> = (shell, { address, may }) => ({
  title: shell.text('accountData'),
  body: [
    lead(shell.text('accountDataText')),
    may('download')
      ? form(withAction(shell, 'download'), { action: address, fields: [submit(shell.text('accountDataButton'))] })
      : undefined,
  ],
})

export const deletePage: SectionPage<object> = (shell, { address, may }) => {
  const { text } = shell
  const button = html`<button class="danger" type="submit">${text('accountDeleteButton')}</button>`
  return {
    title: text('accountDelete'),
    body: [
      lead(text('accountDeleteText')),
      may('delete')
        ? form(withAction(shell, 'delete'), {
            action: address,
            fields: [checkbox({ name: 'confirmed', label: text('accountDeleteConfirm') }), button],
          })
        : undefined,
    ],
  }
}
