import type { Gateway, Gateways, Outgoing } from '../../../src/messaging/gateways/gateway.ts'

type Behaviour = (outgoing: Outgoing, signal: AbortSignal) => Promise<void>

/** Gateways for both channels that record every message. `behave` runs before a message is recorded, and may throw or wait. */
export function recordingGateways(behave: Behaviour = async () => undefined): { gateways: Gateways; arrived: Outgoing[] } {
  const arrived: Outgoing[] = []
  const gateway: Gateway = {
    async deliver(outgoing, signal) {
      await behave(outgoing, signal)
      arrived.push(outgoing)
    },
  }
  return { gateways: { email: gateway, sms: gateway }, arrived }
}
