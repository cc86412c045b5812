/** The database cannot be opened or used as it is. The message is one sentence for whoever runs the program; it holds no secret. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError'
}

/** There is nothing in the database, and it was not to be created. */
export class EmptyDatabaseError extends StorageError {
  override readonly name = 'EmptyDatabaseError'
}
