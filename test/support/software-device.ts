import { randomBytes } from 'node:crypto'
import {
  type AuthenticationResultType,
  ConfirmDeviceCommand,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { clientSignature, clientX, padHex, power } from '../base/srp/reference-client.ts'
import { goodPassword, srpTimestamp } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

/** What a client stores of a device that it has confirmed. */
export type SoftwareDevice = { readonly key: string; readonly group: string; readonly password: string }

/** Confirms the device of NewDeviceMetadata, as clients do, with a password that only the device knows. */
export async function confirmOffered(server: TestServer, result: AuthenticationResultType, name = 'test device') {
  const { DeviceKey: key = '', DeviceGroupKey: group = '' } = result.NewDeviceMetadata ?? {}
  const device = { key, group, password: randomBytes(40).toString('base64') }
  const salt = padHex(BigInt(`0x${randomBytes(16).toString('hex')}`))
  const verifier = power(2n, clientX({ group, name: key, password: device.password, saltHex: salt }))
  const answer = await server.send(
    new ConfirmDeviceCommand({
      AccessToken: result.AccessToken,
      DeviceKey: key,
      DeviceName: name,
      DeviceSecretVerifierConfig: {
        Salt: Buffer.from(salt, 'hex').toString('base64'),
        PasswordVerifier: Buffer.from(padHex(verifier), 'hex').toString('base64'),
      },
    }),
  )
  return { device, answer }
}

/** A sign-in by password that names its device. */
export function signInOnDevice(server: TestServer, clientId: string, username: string, deviceKey: string) {
  const AuthParameters = { USERNAME: username, PASSWORD: goodPassword, DEVICE_KEY: deviceKey }
  return server.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
}

/** A DEVICE_SRP_AUTH challenge, as far as its answer needs it. Some clients send back its Session, and some do not. */
export type DeviceChallenge = Pick<InitiateAuthCommandOutput, 'ChallengeParameters' | 'Session'>

/** Answers DEVICE_SRP_AUTH. `a` is the client's secret exponent, which `answerDevicePassword` needs. */
export async function answerDeviceSrp(server: TestServer, clientId: string, deviceChallenge: DeviceChallenge, device: SoftwareDevice) {
  const a = BigInt(`0x${randomBytes(64).toString('hex')}`)
  const challenge = await server.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'DEVICE_SRP_AUTH',
      Session: deviceChallenge.Session,
      ChallengeResponses: {
        USERNAME: deviceChallenge.ChallengeParameters?.['USERNAME'] ?? '',
        DEVICE_KEY: device.key,
        SRP_A: power(2n, a).toString(16),
      },
    }),
  )
  return { a, challenge }
}

export function answerDevicePassword(
  server: TestServer,
  clientId: string,
  { a, challenge }: Awaited<ReturnType<typeof answerDeviceSrp>>,
  device: SoftwareDevice,
  timestamp = srpTimestamp(server.clock.now()),
) {
  const { SALT = '', SRP_B = '', SECRET_BLOCK = '', USERNAME = '' } = challenge.ChallengeParameters ?? {}
  const account = { group: device.group, name: device.key, password: device.password, saltHex: SALT }
  return server.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'DEVICE_PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME,
        DEVICE_KEY: device.key,
        PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
        PASSWORD_CLAIM_SIGNATURE: clientSignature(account, a, {
          publicB: SRP_B,
          secretBlock: Buffer.from(SECRET_BLOCK, 'base64'),
          timestamp,
        }),
        TIMESTAMP: timestamp,
      },
    }),
  )
}
