import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { LifeguardProcess, lifeguard } from '../cli/lifeguard-process.ts'
import { exportable } from './export-users.ts'
import { scratchFolder } from './scratch.ts'
import type { TestServer } from './test-server.ts'

/** The server needs this environment, so that the commands have the same master key. */
export const applicable = exportable

type Server = Pick<TestServer, 'databaseUrl'>

/** The values that the files of tests refer to. */
export const references = { WEB_SECRET: 'websecret0123456789abcdefghij', GOOGLE_SECRET: 'google-secret-of-the-test' }

/** Writes a pool file into a folder of its own, as YAML unless it is a text. */
export function poolFile(content: object | string): string {
  const file = join(mkdtempSync(join(scratchFolder(), 'lifeguard-pools-')), 'pools.yaml')
  writeFileSync(file, typeof content === 'string' ? content : stringify(content))
  return file
}

/** Runs `lifeguard apply` on the server's database. */
export function runApply(server: Server, file: string, flags: readonly string[] = [], env: Readonly<Record<string, string>> = references) {
  return lifeguard(['apply', file, '--database', server.databaseUrl, ...flags], { ...applicable.env, ...env })
}

/** Begins `lifeguard apply`, so that it can be killed. */
export function beginApply(server: Server, file: string): LifeguardProcess {
  return new LifeguardProcess(['apply', file, '--database', server.databaseUrl], { ...applicable.env, ...references })
}

export function runExportPool(server: Server, id: string, flags: readonly string[] = []) {
  return lifeguard(['export', 'pool', id, '--database', server.databaseUrl, ...flags], applicable.env)
}

export const identityPoolId = 'us-east-1:11111111-2222-4333-8444-555555555555'
const roleArn = 'arn:aws:iam::000000000000:role/reader'
export const pngLogo = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Files with one of everything. The pool has the id, and a client whose id begins with it. */
export function everything(userPoolId: string, clientId: string) {
  return {
    Roles: [
      {
        RoleArn: roleArn,
        TrustPolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Federated: 'cognito-identity.amazonaws.com' },
              Action: 'sts:AssumeRoleWithWebIdentity',
              Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': identityPoolId } },
            },
          ],
        }),
      },
    ],
    UserPools: [poolWithEverything(userPoolId, clientId)],
    IdentityPools: [
      {
        IdentityPoolId: identityPoolId,
        IdentityPoolName: 'shop',
        AllowUnauthenticatedIdentities: false,
        CognitoIdentityProviders: [{ ProviderName: `cognito-idp.us-east-1.amazonaws.com/${userPoolId}`, ClientId: clientId }],
        Roles: { Roles: { authenticated: roleArn } },
        PrincipalTags: [
          { IdentityProviderName: `cognito-idp.us-east-1.amazonaws.com/${userPoolId}`, PrincipalTags: { plan: 'custom:plan' } },
        ],
      },
    ],
  }
}

function poolWithEverything(userPoolId: string, clientId: string) {
  return {
    UserPoolId: userPoolId,
    PoolName: 'shop',
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
    UserPoolTier: 'PLUS',
    UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
    UserPoolTags: { team: 'shop' },
    Policies: { PasswordPolicy: { MinimumLength: 10, RequireNumbers: true } },
    LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:check' },
    Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true, StringAttributeConstraints: { MinLength: '1', MaxLength: '20' } }],
    Extensions: { SignUp: { UnconfirmedUserLifetimeHours: 24 } },
    MfaConfig: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
    RiskConfiguration: { CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'BLOCK' } } },
    SessionConfiguration: { UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 5 } },
    LogDeliveryConfiguration: {
      LogConfigurations: [
        {
          LogLevel: 'ERROR',
          EventSource: 'userNotification',
          CloudWatchLogsConfiguration: { LogGroupArn: 'arn:aws:logs:us-east-1:123456789012:log-group:pools' },
        },
      ],
    },
    ...partsOf(clientId),
    Clients: clientsOf(clientId),
  }
}

/** What a pool has beside its settings and clients. */
function partsOf(clientId: string) {
  return {
    ResourceServers: [{ Identifier: 'https://api.example.test', Name: 'api', Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read' }] }],
    IdentityProviders: [
      {
        ProviderName: 'Google',
        ProviderType: 'Google',
        ProviderDetails: { client_id: 'shop', client_secret: 'env:GOOGLE_SECRET', authorize_scopes: 'openid email' },
        AttributeMapping: { email: 'email' },
      },
    ],
    Domains: [{ Domain: `login-${clientId.toLowerCase()}`, ManagedLoginVersion: 2 }],
    UICustomization: { CSS: '.banner-customizable { background-color: #fff; }', ImageFile: pngLogo.toString('base64') },
    Groups: [{ GroupName: 'admins', Description: 'Administrators', Precedence: 1 }, { GroupName: 'readers' }],
  }
}

function clientsOf(clientId: string) {
  return [
    {
      ClientId: clientId,
      ClientName: 'web',
      ClientSecret: 'env:WEB_SECRET',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'],
      CallbackURLs: ['https://shop.example.test/back'],
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'https://api.example.test/read'],
      AllowedOAuthFlowsUserPoolClient: true,
      SupportedIdentityProviders: ['COGNITO', 'Google'],
      Extensions: { DeviceGrant: { Enabled: true } },
      RiskConfiguration: { RiskExceptionConfiguration: { BlockedIPRangeList: ['198.51.100.0/24'] } },
      ManagedLoginBranding: { UseCognitoProvidedValues: true },
      Terms: [
        {
          TermsName: 'terms-of-use',
          TermsSource: 'LINK',
          Enforcement: 'NONE',
          Links: { 'cognito:default': 'https://shop.example.test/terms' },
        },
      ],
    },
    { ClientId: `${clientId}native`, ClientName: 'native' },
  ]
}
