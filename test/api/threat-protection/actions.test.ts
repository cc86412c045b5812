import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import type { App } from '../../support/mfa.ts'
import {
  type Action,
  actions,
  blocked,
  type Flow,
  flows,
  givenKinds,
  type Kind,
  kinds,
  type Level,
  levels,
  type PoolMfa,
  riddleAfterPassword,
  riskPool,
  setRisk,
  setThresholds,
  takeover,
  type Way,
  wayOf,
} from '../../support/risky-sign-ins.ts'
import { type PoolAndClient, sentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { create, define, verify } from '../../support/sign-in-triggers.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const [totp, email] = ['SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']
const { message: refusal } = blocked

type Row = Readonly<Record<Exclude<Action, 'BLOCK'>, string>>
const row = (NO_ACTION: string, MFA_IF_CONFIGURED: string, MFA_REQUIRED: string): Row => ({ NO_ACTION, MFA_IF_CONFIGURED, MFA_REQUIRED })

/** What follows the password: a second factor and then tokens, or what is named. BLOCK refuses always. */
const expected: Readonly<Record<PoolMfa, Readonly<Record<Kind, Row>>>> = {
  OFF: {
    'without-factor': row('tokens', 'tokens', refusal),
    'with-registered-app': row('tokens', 'tokens', refusal),
    'with-address': row('tokens', 'tokens', refusal),
    'with-activated-app': row('tokens', 'tokens', refusal),
  },
  OPTIONAL: {
    'without-factor': row('tokens', 'tokens', refusal),
    'with-registered-app': row('tokens', totp, totp),
    'with-address': row('tokens', email, email),
    'with-activated-app': row(totp, totp, totp),
  },
  ON: {
    'without-factor': row('MFA_SETUP', 'MFA_SETUP', refusal),
    'with-registered-app': row(totp, totp, totp),
    'with-address': row(email, email, email),
    'with-activated-app': row(totp, totp, totp),
  },
}

const outcomeOf = (mfa: PoolMfa, kind: Kind, action: Action): string => (action === 'BLOCK' ? refusal : expected[mfa][kind][action])

/** The way of a sign-in by the outcome, with the riddle of the custom flows. */
function wayTo(outcome: string, flow: Flow): Way {
  const isFactor = outcome === totp || outcome === email
  const [mfa, end] = isFactor ? [[outcome], 'tokens'] : [[], outcome]
  const riddle = ['CUSTOM_CHALLENGE']
  if (flow === 'CUSTOM_AUTH') return [...riddle, ...mfa, end]
  return flow === 'CUSTOM_AUTH with SRP' && end === 'tokens' ? [...mfa, ...riddle, end] : [...mfa, end]
}

/** The triggers of a sign-in that went this way, and no others. */
function triggersOf(way: Way, flow: Flow): readonly string[] {
  const fired = ['PreAuthentication_Authentication', ...(flow.startsWith('CUSTOM_AUTH') ? [define] : [])]
  for (const step of way) {
    if (step === email) fired.push('CustomMessage_Authentication')
    if (step === 'CUSTOM_CHALLENGE') fired.push(...(flow === 'CUSTOM_AUTH' ? [] : [define]), create, verify, define)
  }
  if (way.at(-1) === 'tokens') fired.push('PostAuthentication_Authentication', 'TokenGeneration_Authentication')
  return fired
}

type Given = PoolAndClient & {
  readonly apps: ReadonlyMap<Kind, App>
  readonly triggers: { readonly fired: readonly string[]; clear(): void }
}

async function given(server: TestServer, endpoint: TriggerEndpoint, mfa: PoolMfa, options: Parameters<typeof riskPool>[0]): Promise<Given> {
  const ids = await givenPoolWithEvery(server, endpoint, riddleAfterPassword, riskPool(options))
  return { ...ids, apps: await givenKinds(server, ids, mfa) }
}

type Case = { readonly flow: Flow; readonly kind: Kind; readonly way: Way; readonly risk: readonly [decision: string, level?: Level] }

/** Signs in, and checks all that can be seen of it. */
async function check(server: TestServer, at: Given, { flow, kind, way, risk: [RiskDecision, RiskLevel] }: Case): Promise<void> {
  at.triggers.clear()
  const sent = await sentTo(server, at.poolId)
  assert.deepEqual(await wayOf(server, at, flow, kind, at.apps.get(kind)), way)
  assert.deepEqual(at.triggers.fired, triggersOf(way, flow))
  const mails = way.includes(email) ? ['mfa ana@example.test'] : []
  assert.deepEqual((await sentTo(server, at.poolId)).slice(sent.length), mails)
  const [event] = await eventsOf(server, at.poolId, kind)
  const level = RiskLevel && { RiskLevel }
  assert.deepEqual(event?.EventRisk, { RiskDecision, ...level, CompromisedCredentialsDetected: false })
  const end = way.at(-1)
  assert.equal(event?.EventResponse, end === 'tokens' ? 'Pass' : end === 'MFA_SETUP' ? 'InProgress' : 'Fail')
  const names = [...(flow === 'CUSTOM_AUTH' ? [] : ['Password']), ...(way.includes(totp) || way.includes(email) ? ['Mfa'] : [])]
  assert.deepEqual(
    event?.ChallengeResponses,
    names.map((ChallengeName) => ({ ChallengeName, ChallengeResponse: 'Success' })),
  )
}

const allLow = (action: Action) => takeover({ Low: action, Medium: action, High: action })
const decisionOf = (way: Way) => (way.at(-1) === refusal ? 'Block' : 'AccountTakeover')

for (const engine of engines) {
  describe(`What happens at a risk on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    for (const mfa of ['OFF', 'OPTIONAL', 'ON'] as const) {
      describe(`in a pool with MFA ${mfa}`, () => {
        let at: Given
        before(async () => {
          at = await given(server(), endpoint, mfa, { customMode: 'ENFORCED' })
          await setThresholds(server(), at.poolId, 'Low')
        })

        for (const action of actions) {
          it(`by ${action}, for each kind of user`, async () => {
            await setRisk(server(), at.poolId, allLow(action))
            for (const kind of kinds) {
              const way = wayTo(outcomeOf(mfa, kind, action), 'USER_PASSWORD_AUTH')
              await check(server(), at, { flow: 'USER_PASSWORD_AUTH', kind, way, risk: [decisionOf(way), 'Low'] })
            }
          })
        }

        for (const flow of Object.keys(flows) as Flow[]) {
          it(`in ${flow}, by each action`, async () => {
            for (const action of actions) {
              await setRisk(server(), at.poolId, allLow(action))
              for (const kind of ['without-factor', 'with-registered-app'] as const) {
                // A custom sign-in without the password asks for no second factor unless the risk demands it.
                const isPlain = flow === 'CUSTOM_AUTH' && (action === 'NO_ACTION' || kind === 'without-factor')
                const outcome = outcomeOf(mfa, kind, action)
                const way = wayTo(isPlain && outcome !== refusal ? 'tokens' : outcome, flow)
                await check(server(), at, { flow, kind, way, risk: [decisionOf(way), 'Low'] })
              }
            }
          })
        }
      })
    }

    it('is the action of the level, and a level without an action has none', async () => {
      const at = await given(server(), endpoint, 'OPTIONAL', {})
      const flow = 'USER_PASSWORD_AUTH'
      const kind = 'with-registered-app'
      for (const level of levels) {
        await setThresholds(server(), at.poolId, level)
        for (const acting of levels) {
          await setRisk(server(), at.poolId, takeover({ [acting]: 'BLOCK' }))
          const way = [acting === level ? refusal : 'tokens']
          await check(server(), at, { flow, kind, way, risk: [decisionOf(way), level] })
        }
      }
      await setThresholds(server(), at.poolId, undefined)
      await setRisk(server(), at.poolId, allLow('BLOCK'))
      await check(server(), at, { flow, kind, way: ['tokens'], risk: ['NoRisk'] })
    })

    it('is nothing in mode AUDIT, and the event shows the level', async () => {
      const at = await given(server(), endpoint, 'OPTIONAL', { mode: 'AUDIT', customMode: 'AUDIT' })
      await setThresholds(server(), at.poolId, 'High')
      for (const action of actions) {
        await setRisk(server(), at.poolId, allLow(action))
        for (const flow of Object.keys(flows) as Flow[])
          await check(server(), at, { flow, kind: 'with-registered-app', way: wayTo('tokens', flow), risk: ['AccountTakeover', 'High'] })
      }
    })

    it('is nothing where the mode of custom sign-ins is absent, and each mode leaves the other flows alone', async () => {
      const kind = 'with-registered-app'
      for (const [mode, customMode] of [
        ['ENFORCED', undefined],
        ['ENFORCED', 'AUDIT'],
        ['AUDIT', 'ENFORCED'],
      ] as const) {
        const at = await given(server(), endpoint, 'OPTIONAL', { mode, customMode })
        await setThresholds(server(), at.poolId, 'Medium')
        await setRisk(server(), at.poolId, allLow('BLOCK'))
        for (const flow of ['USER_PASSWORD_AUTH', 'CUSTOM_AUTH', 'CUSTOM_AUTH with SRP'] as const) {
          const ofFlow = flow === 'USER_PASSWORD_AUTH' ? mode : customMode
          const way = wayTo(ofFlow === 'ENFORCED' ? refusal : 'tokens', flow)
          await check(server(), at, { flow, kind, way, risk: ofFlow === undefined ? ['NoRisk'] : [decisionOf(way), 'Medium'] })
        }
      }
    })

    it('is nothing for a user who has never signed in', async () => {
      const at = await given(server(), endpoint, 'OPTIONAL', {})
      await setThresholds(server(), at.poolId, 'High')
      await setRisk(server(), at.poolId, allLow('BLOCK'))
      await givenUser(server(), at.poolId, 'new')
      assert.ok(await givenTokens(server(), at.clientId, 'new'))
      await assert.rejects(givenTokens(server(), at.clientId, 'new'), blocked)
    })
  })
}
