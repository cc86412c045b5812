import { describeRiskConfiguration } from './describe-risk-configuration.operation.ts'
import { setRiskConfiguration } from './set-risk-configuration.operation.ts'

export const riskOperations = [setRiskConfiguration, describeRiskConfiguration] as const
