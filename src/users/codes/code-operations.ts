import { issueCode } from './issue-code.operation.ts'

export const codeOperations = [issueCode] as const
