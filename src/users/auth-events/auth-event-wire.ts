import type { AuthEventType } from '../../contract/generated/types.ts'
import type { AuthEvent } from '../../protection/auth-event.ts'

/** The auth event in an answer. Lifeguard does not assess risks, so every event has the decision NoRisk. */
export function writeAuthEvent({ id, type, response, createdAt, details, feedback }: AuthEvent): AuthEventType {
  return {
    EventId: id,
    EventType: type,
    CreationDate: new Date(createdAt),
    EventResponse: response,
    EventRisk: { RiskDecision: 'NoRisk', CompromisedCredentialsDetected: false },
    ChallengeResponses: details.challenges.map(({ name, isPassed }) => ({
      ChallengeName: name,
      ChallengeResponse: isPassed ? 'Success' : 'Failure',
    })),
    EventContextData: { IpAddress: details.ip, DeviceName: details.device },
    EventFeedback: feedback && { FeedbackValue: feedback.value, Provider: feedback.provider, FeedbackDate: new Date(feedback.at) },
  }
}
