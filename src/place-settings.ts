import { path, type SettingSpec, text } from './setting-spec.ts'

/** The settings that say where IP addresses are. */
export const placeSettings = {
  geoDatabase: {
    flag: 'geo-database',
    type: text,
    value: 'FILE[,FILE…]',
    defaultText: 'countries only, by the database that comes with Lifeguard',
    help: 'MMDB files that say in which city, country or network an IP address is: of MaxMind, DB-IP or IPinfo. Files that change are read again; see docs/threat-protection.md.',
  },
  anonymousNetworks: {
    flag: 'anonymous-networks',
    type: path,
    value: 'FILE',
    help: 'List of networks that hide where their users are: an address, a CIDR block or an autonomous system such as AS64496 in each line. The file is read again when it changes; see docs/threat-protection.md.',
  },
} as const satisfies Record<string, SettingSpec>
