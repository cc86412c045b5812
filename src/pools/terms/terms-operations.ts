import { createTerms } from './create-terms.operation.ts'
import { deleteTerms } from './delete-terms.operation.ts'
import { describeTerms } from './describe-terms.operation.ts'
import { describeTermsByClient } from './describe-terms-by-client.operation.ts'
import { listTerms } from './list-terms.operation.ts'
import { updateTerms } from './update-terms.operation.ts'

export const termsOperations = [createTerms, describeTerms, describeTermsByClient, updateTerms, deleteTerms, listTerms] as const
