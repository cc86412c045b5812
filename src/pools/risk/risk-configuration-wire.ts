import type {
  AccountTakeoverActionType,
  AccountTakeoverRiskConfigurationType,
  NotifyConfigurationType,
  NotifyEmailType,
  RiskConfigurationType,
  SetRiskConfigurationRequest,
} from '../../contract/generated/types.ts'
import { allClients } from '../app-client.ts'
import type { NoticeTemplate, RiskConfiguration, RiskNotices, RiskResponse, RiskSettings } from './risk-configuration.ts'

const allEvents = ['SIGN_IN', 'PASSWORD_CHANGE', 'SIGN_UP'] as const

type RiskSections = Omit<SetRiskConfigurationRequest, 'UserPoolId' | 'ClientId'>

export function readRiskSettings(request: RiskSections): RiskSettings {
  const compromised = request.CompromisedCredentialsRiskConfiguration
  const takeover = request.AccountTakeoverRiskConfiguration
  const exceptions = request.RiskExceptionConfiguration
  return {
    compromised: compromised && {
      events: compromised.EventFilter?.length ? [...new Set(compromised.EventFilter)] : allEvents,
      action: compromised.Actions.EventAction,
    },
    takeover: takeover && readTakeover(takeover),
    exceptions: exceptions && { blocked: exceptions.BlockedIPRangeList, skipped: exceptions.SkippedIPRangeList },
  }
}

function readTakeover({ Actions: actions, NotifyConfiguration: notices }: AccountTakeoverRiskConfigurationType): RiskSettings['takeover'] {
  return {
    low: readResponse(actions.LowAction),
    medium: readResponse(actions.MediumAction),
    high: readResponse(actions.HighAction),
    notices: notices && {
      from: notices.From,
      replyTo: notices.ReplyTo,
      sourceArn: notices.SourceArn,
      blocked: readTemplate(notices.BlockEmail),
      notActedOn: readTemplate(notices.NoActionEmail),
      askedForMfa: readTemplate(notices.MfaEmail),
    },
  }
}

function readResponse(action: AccountTakeoverActionType | undefined): RiskResponse | undefined {
  return action && { notify: action.Notify, action: action.EventAction }
}

function readTemplate(email: NotifyEmailType | undefined): NoticeTemplate | undefined {
  return email && { subject: email.Subject, html: email.HtmlBody, text: email.TextBody }
}

/** The response has a `ClientId` when the configuration is the client's own. `stored` is undefined when no configuration was ever set. */
export function writeRiskConfiguration(poolId: string, stored: RiskConfiguration | undefined): RiskConfigurationType {
  if (stored === undefined) return { UserPoolId: poolId }
  const { compromised, takeover, exceptions } = stored.config
  return {
    UserPoolId: poolId,
    ClientId: stored.id === allClients ? undefined : stored.id,
    CompromisedCredentialsRiskConfiguration: compromised && {
      EventFilter: [...compromised.events],
      Actions: { EventAction: compromised.action },
    },
    AccountTakeoverRiskConfiguration: takeover && writeTakeover(takeover),
    RiskExceptionConfiguration: exceptions && {
      BlockedIPRangeList: exceptions.blocked && [...exceptions.blocked],
      SkippedIPRangeList: exceptions.skipped && [...exceptions.skipped],
    },
    LastModifiedDate: new Date(stored.updatedAt),
  }
}

function writeTakeover({ low, medium, high, notices }: NonNullable<RiskSettings['takeover']>): AccountTakeoverRiskConfigurationType {
  return {
    Actions: { LowAction: writeResponse(low), MediumAction: writeResponse(medium), HighAction: writeResponse(high) },
    NotifyConfiguration: notices && writeNotices(notices),
  }
}

function writeNotices({ from, replyTo, sourceArn, blocked, notActedOn, askedForMfa }: RiskNotices): NotifyConfigurationType {
  return {
    From: from,
    ReplyTo: replyTo,
    SourceArn: sourceArn,
    BlockEmail: writeTemplate(blocked),
    NoActionEmail: writeTemplate(notActedOn),
    MfaEmail: writeTemplate(askedForMfa),
  }
}

function writeResponse(response: RiskResponse | undefined): AccountTakeoverActionType | undefined {
  return response && { Notify: response.notify, EventAction: response.action }
}

function writeTemplate(template: NoticeTemplate | undefined): NotifyEmailType | undefined {
  return template && { Subject: template.subject, HtmlBody: template.html, TextBody: template.text }
}
