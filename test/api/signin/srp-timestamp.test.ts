import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { answerSrp, givenUser, goodPassword, signInByPassword, srpResponses, srpTimestamp, startSrp } from '../../support/sign-in.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'

const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const malformed = {
  name: 'InvalidParameterException',
  message: 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
}
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const minute = 60_000
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** A timestamp on the first day of the month of `now`. Its day has one digit. */
function firstOfMonth(now: number): string {
  const date = new Date(now)
  return srpTimestamp(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1, 7, 8, 9))
}

const malformedStamps: Readonly<Record<string, (now: number) => string>> = {
  'no time at all': () => 'garbage',
  'an ISO date': (now) => new Date(now).toISOString(),
  'another language': (now) => srpTimestamp(now).replace(/^... .../, 'Di. Juni'),
  'an offset': (now) => srpTimestamp(now).replace('UTC', '+0000'),
  'no zone': (now) => srpTimestamp(now).replace(' UTC', ''),
  'a comma': (now) => new Date(now).toUTCString(),
  'two spaces': (now) => srpTimestamp(now).replace(' ', '  '),
  'text after it': (now) => `${srpTimestamp(now)} `,
}

const wrongStamps: Readonly<Record<string, (now: number) => string>> = {
  'another weekday': (now) => srpTimestamp(now).replace(/^.../, weekdays[(new Date(now).getUTCDay() + 1) % 7] ?? ''),
  'a day that the month does not have': (now) => srpTimestamp(now).replace(/(?<=^... )... \d+/, 'Feb 31'),
  'an hour that no day has': (now) => srpTimestamp(now).replace(/\d\d(?=:\d\d:)/, '25'),
  'a time too early': (now) => srpTimestamp(now - 5 * minute - 1000),
  'a time too late': (now) => srpTimestamp(now + 5 * minute + 2000),
  'a time of another year': (now) => srpTimestamp(now - 366 * 24 * 60 * minute),
}

const goodStamps: Readonly<Record<string, (now: number) => string>> = {
  'the time of the server': (now) => srpTimestamp(now),
  'a time in GMT, which is UTC': (now) => srpTimestamp(now).replace('UTC', 'GMT'),
  'the time of a clock that is less than five minutes slow': (now) => srpTimestamp(now - 5 * minute + 1000),
  'the time of a clock that is less than five minutes fast': (now) => srpTimestamp(now + 5 * minute - 1000),
}

for (const engine of engines) {
  describe(`the TIMESTAMP of an SRP proof on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const now = () => server().clock.now()

    /** Begins a sign-in by SRP. Returns a function that answers PASSWORD_VERIFIER with the right password and a given timestamp. */
    async function givenPasswordProof(on: TestServer = server(), existence: 'LEGACY' | 'ENABLED' = 'LEGACY', name = 'ana') {
      const { poolId, clientId } = await on.givenPool({
        client: { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'], PreventUserExistenceErrors: existence },
      })
      await givenUser(on, poolId, 'ana')
      const { a, challenge } = await startSrp(on, clientId, name)
      return (stamp: string) => answerSrp(on, clientId, srpResponses(poolId, goodPassword, a, challenge, stamp))
    }

    /** Begins the proof of a remembered device. Returns a function that answers DEVICE_PASSWORD_VERIFIER with a given timestamp. */
    async function givenDeviceProof(on: TestServer = server()) {
      const { poolId, clientId } = await on.givenPool({ pool: { DeviceConfiguration } })
      await givenUser(on, poolId, 'ana')
      const { AuthenticationResult } = await signInByPassword(on, clientId, 'ana')
      const { device } = await confirmOffered(on, AuthenticationResult ?? {})
      const question = await answerDeviceSrp(on, clientId, await signInOnDevice(on, clientId, 'ana', device.key), device)
      return (stamp: string) => answerDevicePassword(on, clientId, question, device, stamp)
    }

    for (const [challenge, given] of [
      ['PASSWORD_VERIFIER', givenPasswordProof],
      ['DEVICE_PASSWORD_VERIFIER', givenDeviceProof],
    ] as const) {
      it(`of ${challenge} is rejected as malformed if its format is wrong, and like a wrong password if its time is wrong`, async () => {
        const prove = await given()
        for (const [what, stamp] of Object.entries(malformedStamps)) await assert.rejects(prove(stamp(now())), malformed, what)
        for (const [what, stamp] of Object.entries(wrongStamps)) await assert.rejects(prove(stamp(now())), wrong, what)
        // The refusals neither count as wrong passwords nor consume the challenge.
        assert.ok((await prove(srpTimestamp(now()))).AuthenticationResult)
      })

      for (const [what, stamp] of Object.entries(goodStamps)) {
        it(`of ${challenge} may be ${what}`, async () => {
          assert.ok((await (await given())(stamp(now()))).AuthenticationResult)
        })
      }

      it(`of ${challenge} may differ from the server’s time by up to --srp-clock-tolerance`, async () => {
        await using patient = await startTestServer(engine, { flags: ['--srp-clock-tolerance', '3600'] })
        const prove = await given(patient)
        await assert.rejects(prove(srpTimestamp(patient.clock.now() - 61 * minute)), wrong)
        assert.ok((await prove(srpTimestamp(patient.clock.now() - 59 * minute))).AuthenticationResult)
      })
    }

    it('is rejected like a wrong password if it has a zero before a day of one digit', async () => {
      await using patient = await startTestServer(engine, { flags: ['--srp-clock-tolerance', '86400'] })
      const stamp = firstOfMonth(patient.clock.now() + 32 * 24 * 60 * minute)
      const at = Date.parse(stamp)
      patient.clock.advance(at - patient.clock.now())
      const prove = await givenPasswordProof(patient)
      await assert.rejects(prove(stamp.replace(' 1 ', ' 01 ')), wrong)
      assert.ok((await prove(stamp)).AuthenticationResult)
    })

    it('is judged alike for users and unknown names, where the client hides which users exist', async () => {
      for (const name of ['ana', 'nobody']) {
        const prove = await givenPasswordProof(server(), 'ENABLED', name)
        await assert.rejects(prove('garbage'), malformed)
        await assert.rejects(prove(srpTimestamp(now() - 6 * minute)), wrong)
      }
    })
  })
}
