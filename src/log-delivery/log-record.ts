/**
 * Which of a pool's destinations gets a record: that of SetLogDeliveryConfiguration for failed messages or for the activity of users, the
 * pool's EventsUrl, or the file of this server.
 */
export type LogSink = 'notification' | 'activity' | 'url' | 'file'

/** The records of a pool that wait for one destination. */
export type LogQueue = { readonly poolId: string; readonly sink: LogSink }

/** A record that waits. `record` is the JSON that is delivered. */
export type WaitingRecord = { readonly id: string; readonly at: number; readonly record: string }
