import type { AttributeType, UserType } from '../contract/generated/types.ts'
import { writeMfaOptions } from './mfa/mfa-wire.ts'
import type { User } from './user.ts'

/** `sub`, then the attributes that `isReadable` accepts; all attributes when `isReadable` is omitted (for operations of administrators). */
export function writeAttributes(user: User, isReadable: (name: string) => boolean = () => true): AttributeType[] {
  return Object.entries({ sub: user.sub, ...user.attributes })
    .filter(([name]) => isReadable(name))
    .map(([Name, Value]) => ({ Name, Value }))
}

/** The user in the answers of AdminCreateUser and ListUsers. */
export function writeUser(user: User) {
  return { ...writeUserState(user), Attributes: writeAttributes(user) } satisfies UserType
}

/** The members that UserType shares with the answer of AdminGetUser, which has UserAttributes in place of Attributes. */
export function writeUserState(user: User) {
  return {
    Username: user.username,
    UserCreateDate: new Date(user.createdAt),
    UserLastModifiedDate: new Date(user.updatedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
    MFAOptions: writeMfaOptions(user),
  }
}

/** ValidationData: what the caller passes to PreSignUp in addition to the attributes. If a name is given twice, the last value counts. */
export function readValidationData(list: readonly AttributeType[] | undefined): Readonly<Record<string, string>> | undefined {
  return list && Object.fromEntries(list.map(({ Name, Value = '' }) => [Name, Value]))
}
