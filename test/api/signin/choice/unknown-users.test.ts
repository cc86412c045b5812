import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, type InitiateAuthCommandOutput } from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../../../base/srp/reference-client.ts'
import { adminCreateSilently } from '../../../support/administration.ts'
import {
  allFactors,
  answerByPasskey,
  choose,
  comparableChallenge,
  givenChoicePool,
  optionsOf,
  startBy,
  startChoice,
} from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { respond, setMfa } from '../../../support/mfa.ts'
import { registerPasskey, setWebAuthn } from '../../../support/passkeys.ts'
import { sentTo } from '../../../support/self-service.ts'
import { answerSrp, givenTokens, givenUser, srpResponses, srpTimestamp } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const wrongCode = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }
const hiding = { PreventUserExistenceErrors: 'ENABLED' as const }
const names = Array.from({ length: 40 }, (_, index) => `nobody-${index}`)
const secret = 0x1234567890abcdefn

for (const engine of engines) {
  describe(`a choice-based sign-in of a user who does not exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const givenHidingPool = (pool = {}, factors = allFactors) => givenChoicePool(server(), factors, { pool, client: hiding })

    /** The first unknown user in `names` that gets the choice `choice` from the server. */
    async function unknownNameWith(clientId: string, choice: 'PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'): Promise<string> {
      for (const name of names) {
        if ((await startChoice(server(), clientId, name)).AvailableChallenges?.includes(choice)) return name
      }
      throw new Error(`None of the names is offered ${choice}`)
    }

    it('is refused where the client does not hide which users exist', async () => {
      const { clientId } = await givenChoicePool(server(), allFactors)
      await assert.rejects(startChoice(server(), clientId, 'nobody'), { name: 'UserNotFoundException', message: 'User does not exist.' })
    })

    it('offers one name the same choices each time; many names together get every choice that the pool allows', async () => {
      const { poolId, clientId } = await givenHidingPool()
      const seen = new Set<string>()
      const selections = new Set<string>()
      for (const name of names) {
        const asked = await startChoice(server(), clientId, name)
        assert.deepEqual([asked.ChallengeName, asked.ChallengeParameters], ['SELECT_CHALLENGE', {}])
        const { AvailableChallenges = [] } = asked
        assert.deepEqual((await startChoice(server(), clientId, name)).AvailableChallenges, AvailableChallenges)
        assert.deepEqual(
          AvailableChallenges,
          ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'].filter((one) =>
            (AvailableChallenges as string[]).includes(one),
          ),
        )
        assert.equal(AvailableChallenges.includes('PASSWORD'), AvailableChallenges.includes('PASSWORD_SRP'))
        assert.ok(AvailableChallenges.length > 0)
        for (const choice of AvailableChallenges) seen.add(choice)
        selections.add(AvailableChallenges.join())
      }
      assert.equal(seen.size, 5)
      assert.ok(selections.size >= 6)
      const narrow = await givenHidingPool({}, ['PASSWORD'])
      for (const name of names.slice(0, 5))
        assert.deepEqual((await startChoice(server(), narrow.clientId, name)).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('shows the masked address where the name is an address', async () => {
      const { poolId, clientId } = await givenHidingPool({ UsernameAttributes: ['email', 'phone_number'] })
      const digits = Array.from({ length: 40 }, (_, at) => String(1000 + at))
      for (const [challenge, medium, nameOf, masked] of [
        ['EMAIL_OTP', 'EMAIL', (four: string) => `nobody${four}@example.test`, () => 'n***@e***'],
        ['SMS_OTP', 'SMS', (four: string) => `+1555000${four}`, (four: string) => `+*******${four}`],
      ] as const) {
        let asked = 0
        for (const four of digits) {
          const answer = await startBy(server(), clientId, nameOf(four), challenge)
          // Some unknown names, like some users, have no address for a code.
          if (answer.ChallengeName !== challenge) continue
          asked++
          const shown = { CODE_DELIVERY_DELIVERY_MEDIUM: medium, CODE_DELIVERY_DESTINATION: masked(four) }
          assert.deepEqual(answer.ChallengeParameters, shown)
          assert.ok(answer.AvailableChallenges?.includes(challenge))
        }
        assert.ok(asked > 0, `No unknown name was asked for ${challenge}.`)
      }
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('looks like the sign-in of an existing user, including the length of the Session', async () => {
      const attributes = { email: 'n@e.test', phone_number: '+15551234444' }
      const question = (asked: InitiateAuthCommandOutput) => {
        const { CODE_DELIVERY_DESTINATION, CREDENTIAL_REQUEST_OPTIONS, ...others } = asked.ChallengeParameters ?? {}
        return [asked.ChallengeName, others, Object.keys(asked).sort(), asked.Session?.length]
      }
      for (const challenge of ['EMAIL_OTP', 'SMS_OTP', 'PASSWORD'] as const) {
        const { poolId, clientId } = await givenHidingPool()
        const nobody = await unknownNameWith(clientId, challenge)
        const existingName = nobody.replace('nobody', 'people')
        await givenUser(server(), poolId, existingName, {
          attributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
        })
        const unknown = await startBy(server(), clientId, nobody, challenge)
        const known = await startBy(server(), clientId, existingName, challenge)
        assert.deepEqual(question(unknown), question(known), challenge)
      }
    })

    it('accepts no code, and locks after wrong codes as for a user', async () => {
      const { poolId, clientId } = await givenHidingPool()
      const nobody = await unknownNameWith(clientId, 'EMAIL_OTP')
      const asked = await startBy(server(), clientId, nobody, 'EMAIL_OTP')
      const answer = { USERNAME: nobody, EMAIL_OTP_CODE: '00000000' }
      for (let count = 0; count < 5; count++)
        await assert.rejects(respond(server(), clientId, 'EMAIL_OTP', asked.Session, answer), wrongCode)
      const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }
      await assert.rejects(respond(server(), clientId, 'EMAIL_OTP', asked.Session, answer), locked)
      for (let count = 0; count < 19; count++) await startBy(server(), clientId, nobody, 'EMAIL_OTP')
      await assert.rejects(startBy(server(), clientId, nobody, 'EMAIL_OTP'), { name: 'TooManyRequestsException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('accepts no password', async () => {
      const { poolId, clientId } = await givenHidingPool()
      const nobody = await unknownNameWith(clientId, 'PASSWORD')
      const { Session } = await startChoice(server(), clientId, nobody)
      const exchange = await choose(server(), clientId, nobody, Session, 'PASSWORD_SRP', { SRP_A: power(2n, secret).toString(16) })
      assert.equal(exchange.ChallengeName, 'PASSWORD_VERIFIER')
      await assert.rejects(
        answerSrp(server(), clientId, srpResponses(poolId, 'Correct-horse-7', secret, exchange, srpTimestamp(server().clock.now()))),
        wrong,
      )
      const guess = { PASSWORD: 'Correct-horse-7' }
      for (let count = 0; count < 4; count++)
        await assert.rejects(choose(server(), clientId, nobody, exchange.Session, 'PASSWORD', guess), wrong)
      const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
      await assert.rejects(startBy(server(), clientId, nobody, 'PASSWORD', guess), locked)
    })

    it('accepts no passkey, and shows the same one or two passkeys each time', async () => {
      const { poolId, clientId } = await givenHidingPool()
      const nobody = await unknownNameWith(clientId, 'WEB_AUTHN')
      const asked = await startBy(server(), clientId, nobody, 'WEB_AUTHN')
      const { challenge, ...options } = optionsOf(asked)
      const { challenge: another, ...again } = optionsOf(await startBy(server(), clientId, nobody, 'WEB_AUTHN'))
      assert.deepEqual(again, options)
      assert.notEqual(another, challenge)
      assert.ok([1, 2].includes(options.allowCredentials.length))
      await givenUser(server(), poolId, 'ana')
      const passkey = await registerPasskey(server(), (await givenTokens(server(), clientId, 'ana')).accessToken)
      assert.deepEqual(
        Object.keys(optionsOf(await startBy(server(), clientId, 'ana', 'WEB_AUTHN'))),
        Object.keys({ challenge, ...options }),
      )
      const [made] = options.allowCredentials
      for (const id of [passkey.id, made?.id ?? ''])
        await assert.rejects(answerByPasskey(server(), clientId, nobody, asked, passkey, { id }), wrong)
    })

    it('looks the same for an existing user without a first factor; a client that does not hide users refuses that user', async () => {
      const { poolId, clientId } = await givenHidingPool({}, ['PASSWORD', 'EMAIL_OTP'])
      // This user has neither a password nor an address, so no first factor.
      await adminCreateSilently(server(), poolId, 'ana')
      const asked = await startChoice(server(), clientId, 'ana')
      assert.equal(asked.ChallengeName, 'SELECT_CHALLENGE')
      assert.ok((asked.AvailableChallenges?.length ?? 0) > 0)
      const open = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'])
      await server().send(new AdminCreateUserCommand({ UserPoolId: open.poolId, Username: 'ana', MessageAction: 'SUPPRESS' }))
      await assert.rejects(startChoice(server(), open.clientId, 'ana'), wrong)
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('offers only the password where the pool requires MFA, and passkeys again where MFA is optional', async () => {
      const { poolId, clientId } = await givenHidingPool({}, ['PASSWORD', 'WEB_AUTHN'])
      await setMfa(server(), poolId, 'ON', ['totp'])
      for (const name of names.slice(0, 10))
        assert.deepEqual((await startChoice(server(), clientId, name)).AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const offers = await Promise.all(names.map(async (name) => comparableChallenge(await startChoice(server(), clientId, name))))
      assert.ok(offers.some(({ AvailableChallenges }) => AvailableChallenges?.includes('WEB_AUTHN')))
    })
  })
}
