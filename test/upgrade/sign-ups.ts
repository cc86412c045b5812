import { ConfirmSignUpCommand, GetUserCommand, InitiateAuthCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { givenTokens, goodPassword } from '../support/sign-in.ts'
import type { SmsEndpoint, Text } from '../support/sms-endpoint.ts'
import { type Ids, type Node, waitFor } from './two-releases.ts'

const lanes = 4

/** A user whose sign-up was acknowledged, with a refresh token of that user. */
export type SignedUpUser = { readonly username: string; readonly phone: string; readonly sub: string; readonly refreshToken: string }

/**
 * Signs users up, confirms them by their code and signs them in, one after the other in each of several lanes. Each request of a user goes
 * to the next of the nodes that `useNodes` named last. No request is repeated, so the first error of any node ends the load.
 */
export class SignUps {
  readonly users: SignedUpUser[] = []
  readonly #ids: Ids
  readonly #sms: SmsEndpoint
  readonly #running: Promise<unknown>
  #nodes: readonly Node[]
  #stopped = false
  #failure: unknown
  #turn = 0
  #inFlight = new Map<Node, number>()

  constructor(nodes: readonly Node[], ids: Ids, sms: SmsEndpoint) {
    this.#nodes = nodes
    this.#ids = ids
    this.#sms = sms
    this.#running = Promise.all(Array.from({ length: lanes }, (_, lane) => this.#runLane(lane)))
    this.#running.catch((error) => {
      this.#failure = error
    })
  }

  /** From now on sends requests to these nodes only. Resolves when no request to another node is in flight. */
  async useNodes(nodes: readonly Node[]): Promise<void> {
    this.#nodes = nodes
    const others = [...this.#inFlight.keys()].filter((node) => !nodes.includes(node))
    await waitFor('the requests in flight are answered', () => others.every((node) => this.#inFlight.get(node) === 0) || undefined)
  }

  /** Resolves when `count` more users than now have signed up. */
  async more(count: number): Promise<void> {
    const wanted = this.users.length + count
    await waitFor(`${wanted} users have signed up`, () => {
      if (this.#failure !== undefined) throw this.#failure
      return this.users.length >= wanted || undefined
    })
  }

  /** Lets each lane finish its user. @throws the first error of a request */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** The text messages that were sent to the user. */
  textsTo(phone: string): readonly Text[] {
    return this.#sms.acceptedOf(this.#ids.poolId).filter(({ to }) => to === phone)
  }

  async #runLane(lane: number): Promise<void> {
    for (let number = 0; !this.#stopped && this.#failure === undefined; number++)
      await this.#signUp(`user-${lane}-${number}`, lane * 1000 + number)
  }

  async #signUp(username: string, number: number): Promise<void> {
    const { clientId: ClientId } = this.#ids
    const phone = `+1555${String(number).padStart(7, '0')}`
    const user = { ClientId, Username: username, Password: goodPassword, UserAttributes: [{ Name: 'phone_number', Value: phone }] }
    const { UserSub: sub = '' } = await this.#send(({ sdk }) => sdk.send(new SignUpCommand(user)))
    const ConfirmationCode = await waitFor(`a code for ${username}`, () => /\d{6}/.exec(this.textsTo(phone)[0]?.text ?? '')?.[0])
    await this.#send(({ sdk }) => sdk.send(new ConfirmSignUpCommand({ ClientId, Username: username, ConfirmationCode })))
    const { refreshToken } = await this.#send(({ sdk }) => givenTokens(sdk, ClientId, username))
    const AuthParameters = { REFRESH_TOKEN: refreshToken }
    const refresh = new InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters })
    const { AuthenticationResult } = await this.#send(({ sdk }) => sdk.send(refresh))
    await this.#send(({ sdk }) => sdk.send(new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken })))
    this.users.push({ username, phone, sub, refreshToken })
  }

  async #send<T>(request: (node: Node) => Promise<T>): Promise<T> {
    const node = this.#nodes[this.#turn++ % this.#nodes.length]
    if (node === undefined) throw new Error('There is no node.')
    const count = (change: number) => this.#inFlight.set(node, (this.#inFlight.get(node) ?? 0) + change)
    count(1)
    try {
      return await request(node)
    } finally {
      count(-1)
    }
  }
}
