import { Reader, type Response } from 'maxmind'
import { readPlace } from './place-record.ts'
import type { Place } from './places.ts'

/** A database in the format MMDB, whole in memory. */
export type PlaceDatabase = {
  /** Such as `GeoLite2-City`. */
  readonly kind: string
  readonly builtAt: Date
  /** The place of an address in its plain form (see `plainAddress`). Empty if the database does not have it, or has a fault there. */
  find(address: string): Place
}

/** @throws Error when the bytes are no MMDB file, or only a part of one */
export function readPlaceDatabase(bytes: Buffer): PlaceDatabase {
  const reader = openReader(bytes)
  const { databaseType, buildEpoch, searchTreeSize } = reader.metadata
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + separatorBytes)
  if (separator.length < separatorBytes || separator.some((byte) => byte !== 0)) throw new Error('It is damaged.')
  for (const address of sampleAddresses) readSample(reader, address)
  return {
    kind: databaseType,
    builtAt: buildEpoch,
    find(address) {
      try {
        return readPlace(reader.get(address))
      } catch {
        return {}
      }
    },
  }
}

/** Zeros between the tree of networks and the data. */
const separatorBytes = 16

/** One address in each IPv4 network of eight bits. */
const sampleAddresses = Array.from({ length: 224 }, (_, first) => `${first}.1.1.1`)

function openReader(bytes: Buffer): Reader<Response> {
  try {
    return new Reader<Response>(bytes)
  } catch {
    throw new Error('It is no MMDB file, or only a part of one.')
  }
}

function readSample(reader: Reader<Response>, address: string): void {
  try {
    reader.get(address)
  } catch {
    throw new Error('It is damaged.')
  }
}
