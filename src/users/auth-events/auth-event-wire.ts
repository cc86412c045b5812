import type { AuthEventType, EventContextDataType, EventRiskType } from '../../contract/generated/types.ts'
import type { AuthEvent, AuthEventDetails } from '../../protection/auth-event.ts'
import { countryNameOf } from '../../protection/traits-of.ts'

/** The auth event in an answer. */
export function writeAuthEvent({ id, type, response, createdAt, details, feedback }: AuthEvent): AuthEventType {
  return {
    EventId: id,
    EventType: type,
    CreationDate: new Date(createdAt),
    EventResponse: response,
    EventRisk: writeRisk(details),
    ChallengeResponses: details.challenges.map(({ name, isPassed }) => ({
      ChallengeName: name,
      ChallengeResponse: isPassed ? 'Success' : 'Failure',
    })),
    EventContextData: writeContextData(details),
    EventFeedback: feedback && { FeedbackValue: feedback.value, Provider: feedback.provider, FeedbackDate: new Date(feedback.at) },
  }
}

/** An event whose risk was not assessed has the decision NoRisk. */
function writeRisk({ risk, isCompromised = false }: AuthEventDetails): EventRiskType {
  return { RiskDecision: risk?.decision ?? 'NoRisk', RiskLevel: risk?.level, CompromisedCredentialsDetected: isCompromised }
}

function writeContextData({ ip, device, traits = {} }: AuthEventDetails): EventContextDataType {
  const { timezone, city } = traits
  return { IpAddress: ip, DeviceName: device, Timezone: timezone, City: city, Country: countryNameOf(traits) }
}
