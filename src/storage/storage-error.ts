/** The database cannot be opened or used as it is. The message is one sentence for the operator; it contains no secret. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError'
}

/** The database is missing or empty, and may not be created. */
export class EmptyDatabaseError extends StorageError {
  override readonly name = 'EmptyDatabaseError'
}
