/**
 * Stands in the place of the stored password of a user whose password is still at the former pool. It holds no secret. A sealed value never
 * looks like it, because sealed values are longer. Every new password replaces it.
 */
export const atFormerPool = 'former'
