/** The database cannot be opened or used as it is. The message is one sentence for whoever runs the program; it holds no secret. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}
