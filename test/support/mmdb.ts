import { isIP } from 'node:net'

/** A value in a record of an MMDB file. Numbers without a fraction become uint32, others double. */
export type MmdbValue = string | number | boolean | { readonly [name: string]: MmdbValue }

/** A node of the tree: what follows a bit of 0 and a bit of 1. A number is the index of a node, an object a record, undefined nothing. */
type Branch = number | { readonly record: Buffer } | undefined
type Node = [Branch, Branch]

/** Writes a database in the format MMDB 2.0 (https://maxmind.github.io/MaxMind-DB/), with IPv4 networks as `::a.b.c.d`. */
export function writeMmdb(networks: Readonly<Record<string, MmdbValue>>, { kind = 'Test-City', builtAt = new Date() } = {}): Buffer {
  const nodes: Node[] = [[undefined, undefined]]
  for (const [network, record] of Object.entries(networks)) insert(nodes, bitsOf(network), { record: encode(record) })
  const records = new Map<Buffer, number>()
  let dataBytes = 0
  for (const branch of nodes.flat()) {
    if (typeof branch !== 'object') continue
    records.set(branch.record, dataBytes)
    dataBytes += branch.record.length
  }
  const tree = Buffer.alloc(nodes.length * 8)
  for (const [index, branch] of nodes.flat().entries()) {
    const isRecord = typeof branch === 'object'
    tree.writeUInt32BE(isRecord ? nodes.length + 16 + (records.get(branch.record) ?? 0) : (branch ?? nodes.length), index * 4)
  }
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(builtAt.getTime() / 1000),
    database_type: kind,
    description: {},
    ip_version: 6,
    node_count: nodes.length,
    record_size: 32,
  }
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')])
  return Buffer.concat([tree, Buffer.alloc(16), ...records.keys(), marker, encode(metadata)])
}

function insert(nodes: Node[], bits: readonly number[], record: { readonly record: Buffer }): void {
  let at = 0
  for (const [depth, bit] of bits.entries()) {
    const node = nodes[at]
    if (node === undefined) throw new Error('Networks must not contain each other.')
    if (depth === bits.length - 1) node[bit as 0 | 1] = record
    else {
      let next = node[bit as 0 | 1]
      if (next === undefined) {
        next = nodes.push([undefined, undefined]) - 1
        node[bit as 0 | 1] = next
      }
      at = next as number
    }
  }
}

/** The bits of a network such as `81.2.69.0/24` or `2001:db8::/32`. */
function bitsOf(network: string): number[] {
  const [address = '', length = ''] = network.split('/')
  if (isIP(address) === 4) {
    const bits = address.split('.').flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')].map(Number))
    return [...Array<number>(96).fill(0), ...bits].slice(0, 96 + Number(length))
  }
  const [head = '', tail = ''] = address.split('::')
  const groupsIn = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = 8 - groupsIn(head).length - groupsIn(tail).length
  const groups = [...groupsIn(head), ...Array<string>(missing).fill('0'), ...groupsIn(tail)]
  return groups.flatMap((group) => [...Number.parseInt(group, 16).toString(2).padStart(16, '0')].map(Number)).slice(0, Number(length))
}

const types = { text: 2, double: 3, uint32: 6, map: 7, boolean: 14 }

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(types.text, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'boolean') return control(types.boolean, value ? 1 : 0)
  if (typeof value === 'number') return encodeNumber(value)
  const members = Object.entries(value)
  return Buffer.concat([control(types.map, members.length), ...members.flatMap(([name, member]) => [encode(name), encode(member)])])
}

function encodeNumber(value: number): Buffer {
  const isInteger = Number.isInteger(value) && value >= 0
  const bytes = Buffer.alloc(isInteger ? 4 : 8)
  if (isInteger) bytes.writeUInt32BE(value)
  else bytes.writeDoubleBE(value)
  return Buffer.concat([control(isInteger ? types.uint32 : types.double, bytes.length), bytes])
}

/** The bytes before a value: its type and size. */
function control(type: number, size: number): Buffer {
  const [short, more] = size < 29 ? [size, []] : [29, [size - 29]]
  return type > 7 ? Buffer.from([short, type - 7, ...more]) : Buffer.from([(type << 5) | short, ...more])
}
