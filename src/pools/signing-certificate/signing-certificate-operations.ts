import { getSigningCertificate } from './get-signing-certificate.operation.ts'

export const signingCertificateOperations = [getSigningCertificate] as const
