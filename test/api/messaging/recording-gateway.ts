import type { Gateway, Gateways, Outgoing } from '../../../src/messaging/gateways/gateway.ts'

type Behaviour = (outgoing: Outgoing, signal: AbortSignal) => Promise<void>

/** The far end of both gateways: keeps what arrives, and does first what a test wants done. */
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
