import type { CreateIdentityProviderCommandInput } from '@aws-sdk/client-cognito-identity-provider'

type Request = Pick<CreateIdentityProviderCommandInput, 'ProviderName' | 'ProviderType'> & { ProviderDetails: Record<string, string> }

const credentials = { client_id: 'our-id', client_secret: 'our-secret' }

export const google: Request = {
  ProviderName: 'Google',
  ProviderType: 'Google',
  ProviderDetails: { ...credentials, authorize_scopes: 'email profile openid' },
}

export const facebook: Request = {
  ProviderName: 'Facebook',
  ProviderType: 'Facebook',
  ProviderDetails: { ...credentials, authorize_scopes: 'public_profile, email', api_version: 'v21.0' },
}

export const amazon: Request = {
  ProviderName: 'LoginWithAmazon',
  ProviderType: 'LoginWithAmazon',
  ProviderDetails: { ...credentials, authorize_scopes: 'profile postal_code' },
}

export const apple: Request = {
  ProviderName: 'SignInWithApple',
  ProviderType: 'SignInWithApple',
  ProviderDetails: {
    client_id: 'com.example.shop',
    team_id: 'TEAM123456',
    key_id: 'KEY1234567',
    private_key: 'the-key-of-apple',
    authorize_scopes: 'email name',
  },
}

export const oidc: Request = {
  ProviderName: 'Corp',
  ProviderType: 'OIDC',
  ProviderDetails: {
    ...credentials,
    attributes_request_method: 'GET',
    oidc_issuer: 'https://id.corp.test',
    authorize_scopes: 'openid email',
    authorize_url: 'https://id.corp.test/authorize',
    token_url: 'https://id.corp.test/token',
    attributes_url: 'https://id.corp.test/userinfo',
    jwks_uri: 'https://id.corp.test/jwks',
  },
}

export const saml: Request = {
  ProviderName: 'CorpSaml',
  ProviderType: 'SAML',
  ProviderDetails: {
    MetadataURL: 'https://id.corp.test/metadata.xml',
    IDPSignout: 'true',
    IDPInit: 'false',
    EncryptedResponses: 'false',
    RequestSigningAlgorithm: 'rsa-sha256',
  },
}

/** For each type of identity provider, the `ProviderDetails` that responses add to those of the request. */
export const addedDetails: Readonly<Record<string, Record<string, string>>> = {
  Google: {
    attributes_url: 'https://people.googleapis.com/v1/people/me?personFields=',
    attributes_url_add_attributes: 'true',
    authorize_url: 'https://accounts.google.com/o/oauth2/v2/auth',
    oidc_issuer: 'https://accounts.google.com',
    token_request_method: 'POST',
    token_url: 'https://www.googleapis.com/oauth2/v4/token',
  },
  Facebook: {
    attributes_url: 'https://graph.facebook.com/v21.0/me?fields=',
    attributes_url_add_attributes: 'true',
    authorize_url: 'https://www.facebook.com/v21.0/dialog/oauth',
    token_request_method: 'GET',
    token_url: 'https://graph.facebook.com/v21.0/oauth/access_token',
  },
  LoginWithAmazon: {
    attributes_url: 'https://api.amazon.com/user/profile',
    attributes_url_add_attributes: 'false',
    authorize_url: 'https://www.amazon.com/ap/oa',
    token_request_method: 'POST',
    token_url: 'https://api.amazon.com/auth/o2/token',
  },
  SignInWithApple: {
    attributes_url_add_attributes: 'false',
    authorize_url: 'https://appleid.apple.com/auth/authorize',
    oidc_issuer: 'https://appleid.apple.com',
    token_request_method: 'POST',
    token_url: 'https://appleid.apple.com/auth/token',
  },
  OIDC: { attributes_url_add_attributes: 'false' },
  SAML: {},
}

/** For each type of identity provider, the `AttributeMapping` that responses show if the request had none. */
export const impliedMapping: Readonly<Record<string, Record<string, string>>> = {
  Google: { username: 'sub' },
  Facebook: { username: 'id' },
  LoginWithAmazon: { username: 'user_id' },
  SignInWithApple: { username: 'sub' },
  OIDC: { username: 'sub' },
  SAML: {},
}

export const allProviders: readonly Request[] = [google, facebook, amazon, apple, oidc, saml]
