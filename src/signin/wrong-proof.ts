import { ApiError } from '../contract/api-error.ts'

/** The refusal of an answer that had all it takes, but was not right: somebody else may be trying. */
export class WrongProof extends ApiError {}
