import type { AuthenticationResultType } from '../contract/generated/types.ts'
import type { IssuedTokens } from './issue-tokens.ts'

export function writeTokens(tokens: IssuedTokens): AuthenticationResultType {
  return {
    AccessToken: tokens.accessToken,
    ExpiresIn: tokens.expiresInSeconds,
    TokenType: 'Bearer',
    RefreshToken: tokens.refreshToken,
    IdToken: tokens.idToken,
    NewDeviceMetadata: tokens.newDevice && { DeviceKey: tokens.newDevice.key, DeviceGroupKey: tokens.newDevice.groupKey },
  }
}
