/** The device that a session was begun on, in pools that track devices. */
export type SessionDevice = {
  readonly key: string
  readonly groupKey: string
  /** False for one that the client has yet to confirm (ConfirmDevice) under the key it is given. */
  readonly isConfirmed: boolean
}
