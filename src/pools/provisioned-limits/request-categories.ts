/** Cognito's default rates of operations on identity pools. We named the categories. Cognito documents no rate of UnlinkIdentity. */
const identityPoolCategories = {
  IdentityCreation: 25,
  IdentityToken: 200,
  IdentityCredentials: 200,
  IdentityUnlinking: 25,
  DeveloperIdentity: 50,
  IdentityList: 5,
  IdentityDeletion: 10,
  IdentityPoolTagUpdate: 5,
  IdentityPoolTagRemoval: 5,
  IdentityPoolTagRead: 10,
} as const

/** AWS's default rate of the actions of STS, which share one quota. */
const stsCategories = { SecurityTokens: 600 } as const

/** The categories of API operations, and Cognito's default rate for each category, in requests a second of one account. */
export const requestCategories = {
  UserAuthentication: 120,
  UserCreation: 50,
  UserFederation: 25,
  UserAccountRecovery: 30,
  UserRead: 120,
  UserUpdate: 25,
  UserToken: 120,
  UserResourceRead: 50,
  UserResourceUpdate: 25,
  UserList: 30,
  UserPoolRead: 15,
  UserPoolUpdate: 15,
  UserPoolResourceRead: 20,
  UserPoolResourceUpdate: 15,
  UserPoolClientRead: 15,
  UserPoolClientUpdate: 15,
  ClientAuthentication: 150,
  LimitManagement: 1,
  ...identityPoolCategories,
  ...stsCategories,
} as const

export type RequestCategory = keyof typeof requestCategories

export function isRequestCategory(name: string): name is RequestCategory {
  return Object.hasOwn(requestCategories, name)
}
