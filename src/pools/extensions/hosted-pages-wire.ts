import type { HostedPagesExtensionType, SignInLinksType } from '../../contract/generated/types.ts'
import { requireLink } from './localized-templates-wire.ts'
import { type PageTextCatalog, readPageTexts } from './page-texts.ts'
import { type HostedPagesExtension, noExtensions, noSignInLinks, type SignInLinksExtension } from './pool-extensions.ts'

/** @throws ApiError InvalidParameterException when the text of the e-mail lacks its link, or a text of the pages cannot be used */
export function readHostedPages(pageTexts: PageTextCatalog, pages: HostedPagesExtensionType): HostedPagesExtension {
  const defaults = noExtensions.hostedPages
  return {
    sessionMinutes: pages.SessionMinutes ?? defaults.sessionMinutes,
    sessionIdleMinutes: pages.SessionIdleMinutes,
    rememberMeDays: pages.RememberMeDays,
    endSessionsOnSignOut: pages.EndSessionsOnSignOut ?? defaults.endSessionsOnSignOut,
    checkResetCodeFirst: pages.CheckResetCodeFirst ?? defaults.checkResetCodeFirst,
    offerPasskey: pages.OfferPasskey ?? defaults.offerPasskey,
    accountPage: pages.AccountPage ?? defaults.accountPage,
    signInLinks: pages.SignInLinks === undefined ? noSignInLinks : readSignInLinks(pages.SignInLinks),
    texts: pages.Texts && readPageTexts(pageTexts, pages.Texts),
  }
}

export function writeHostedPages(pages: HostedPagesExtension): HostedPagesExtensionType {
  const { signInLinks = noSignInLinks } = pages
  return {
    SessionMinutes: pages.sessionMinutes,
    SessionIdleMinutes: pages.sessionIdleMinutes,
    RememberMeDays: pages.rememberMeDays,
    EndSessionsOnSignOut: pages.endSessionsOnSignOut,
    CheckResetCodeFirst: pages.checkResetCodeFirst ?? false,
    OfferPasskey: pages.offerPasskey ?? false,
    AccountPage: pages.accountPage ?? false,
    SignInLinks: {
      Enabled: signInLinks.enabled,
      LifetimeMinutes: signInLinks.lifetimeMinutes,
      EmailMessage: signInLinks.email,
      EmailSubject: signInLinks.subject,
    },
    Texts: pages.texts,
  }
}

function readSignInLinks(links: SignInLinksType): SignInLinksExtension {
  if (links.EmailMessage !== undefined) requireLink(links.EmailMessage, 'HostedPages.SignInLinks: EmailMessage')
  return {
    enabled: links.Enabled ?? noSignInLinks.enabled,
    lifetimeMinutes: links.LifetimeMinutes ?? noSignInLinks.lifetimeMinutes,
    email: links.EmailMessage,
    subject: links.EmailSubject,
  }
}
