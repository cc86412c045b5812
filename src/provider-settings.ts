import { flag, type SettingSpec } from './setting-spec.ts'

/** Settings of identity providers, and of what trusts this server. Part of the table in settings-table.ts. */
export const providerSettings = {
  openIdClients: {
    flag: 'openid-clients',
    type: {
      kind: 'pattern',
      pattern:
        /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/=]))[^\s,=?#@]+=[^\s,]+(?:,(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/=]))[^\s,=?#@]+=[^\s,]+)*$/,
      expected: 'one or more pairs of an issuer and a client id, such as `https://login.example.com=shop`, separated by commas',
    },
    value: 'PAIRS',
    defaultText: 'none',
    help: 'OpenID Connect issuers that identity pools may name in OpenIdConnectProviderARNs, each with a client id that its ID tokens may be for: `https://login.example.com=shop,https://login.example.com=app`.',
  },
  samlProviders: {
    flag: 'saml-providers',
    type: {
      kind: 'pattern',
      pattern:
        /^[\w.-]{1,128}=(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/])|\/)[^\s,#]+(?:,[\w.-]{1,128}=(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/])|\/)[^\s,#]+)*$/,
      expected:
        'one or more pairs of a name and a URL or an absolute path, such as `corp=https://login.corp.example/metadata`, separated by commas',
    },
    value: 'PAIRS',
    defaultText: 'none',
    help: 'SAML providers that identity pools may name in SamlProviderARNs, each by the last part of its ARN and with its metadata, at a URL or in a file: `corp=https://login.corp.example/metadata,lab=/etc/lifeguard/lab.xml`.',
  },
  privateIdentityProviders: {
    flag: 'private-identity-providers',
    type: {
      kind: 'pattern',
      pattern: /^https?:\/\/[^\s,/?#@]+(?:,https?:\/\/[^\s,/?#@]+)*$/,
      expected: 'one or more origins, such as `https://login.corp.example`, separated by commas',
    },
    value: 'ORIGINS',
    defaultText: 'none; in `dev`, loopback addresses',
    help: 'Origins of identity providers of user pools whose addresses need not be public, such as one in your own network: `https://login.corp.example`. Requests to all other private addresses are refused.',
  },
  requireReachableProviders: {
    flag: 'require-reachable-providers',
    type: flag,
    defaultText: 'false in `dev`, true in `serve`',
    help: 'CreateIdentityProvider and UpdateIdentityProvider fail when the metadata of a SAML or OpenID Connect provider cannot be fetched. Without it they store a provider that gives no answer, so that you can set it up before it runs.',
  },
  loginProviderUrls: {
    flag: 'login-provider-urls',
    type: {
      kind: 'pattern',
      pattern:
        /^(?:graph\.facebook\.com|www\.amazon\.com|api\.twitter\.com)=(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/,]|$))[^\s,=?#@]+(?:,(?:graph\.facebook\.com|www\.amazon\.com|api\.twitter\.com)=(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/,]|$))[^\s,=?#@]+)*$/,
      expected:
        'one or more pairs of graph.facebook.com, www.amazon.com or api.twitter.com and a base URL, such as `graph.facebook.com=https://proxy.example.com/facebook`, separated by commas',
    },
    value: 'PAIRS',
    defaultText: 'the public addresses of the providers',
    help: 'Where this server verifies logins of Facebook, Amazon and X, if not at their public addresses: `graph.facebook.com=https://proxy.example.com/facebook`. For a proxy, or a fake in tests.',
  },
  stsUrl: {
    flag: 'sts-url',
    type: { kind: 'url', schemes: ['http:', 'https:'] },
    defaultText: 'this server',
    help: 'STS that gives the credentials of identity pools, such as `https://sts.eu-west-1.amazonaws.com`. It has to trust the issuer `<public URL>/identity`. Only a loopback address may be http:.',
  },
} satisfies Record<string, SettingSpec>
