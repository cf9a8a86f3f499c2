// A version as text whose order by code units is the order of versions, so that a database can compare versions.
import { readVersion } from './versions.js';

export interface VersionKey {
  /** Only versions of one prefix compare: `web-` for `web-v1.10.0`. */
  prefix: string;
  key: string;
}

/** Null for what is no version. Numbers are preceded by their length; what ends an identifier is less than all it can hold. */
export function versionKey(tag: string): VersionKey | null {
  const version = readVersion(tag);
  if (version === null) return null;
  const numbers = version.numbers.map(orderedNumber).join('');
  const preRelease = version.preRelease.map((part) => `${orderedIdentifier(String(part))} `).join('');
  // A version comes after its pre-releases.
  return { prefix: version.prefix, key: `${numbers}${preRelease === '' ? '~' : `-${preRelease}`}` };
}

const orderedNumber = (digits: string) => `${String(digits.length).padStart(3, '0')}${digits}`;

/** Numbers come before names (Semantic Versioning 2.0.0, section 11.4). */
const orderedIdentifier = (part: string) => (/^\d+$/.test(part) ? `0${orderedNumber(part)}` : `1${part}`);
