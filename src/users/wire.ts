import type { AttributeType, UserType } from '../contract/generated/types.ts'
import { writeMfaOptions } from './mfa/mfa-wire.ts'
import type { User } from './user.ts'

/** `sub` first, then the attributes that `isReadable` lets through; all of them when it is not given (admin operations). */
export function writeAttributes(user: User, isReadable: (name: string) => boolean = () => true): AttributeType[] {
  return Object.entries({ sub: user.sub, ...user.attributes })
    .filter(([name]) => isReadable(name))
    .map(([Name, Value]) => ({ Name, Value }))
}

/** A user as AdminCreateUser and ListUsers show it. */
export function writeUser(user: User) {
  return { ...writeUserState(user), Attributes: writeAttributes(user) } satisfies UserType
}

/** The members that UserType shares with the answer of AdminGetUser, which names its list UserAttributes. */
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

/** What a caller tells PreSignUp beside the attributes. Of a name that is given twice, the last value counts. */
export function readValidationData(list: readonly AttributeType[] | undefined): Readonly<Record<string, string>> | undefined {
  return list && Object.fromEntries(list.map(({ Name, Value = '' }) => [Name, Value]))
}
