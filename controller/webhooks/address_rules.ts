// Which addresses webhooks may go to: those of the internet, and the ranges that controller.yaml allows.
import { BlockList, isIP } from 'node:net';

/** Addresses that are no public ones: loopback, link-local, private, unspecified, multicast, and ways around to them. */
const reserved = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Unspecified, loopback, and IPv4 in an old form; then IPv4 by translation, documentation, Teredo, 6to4.
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

export interface AddressRules {
  /** True where a range of controller.yaml holds it. */
  isAllowed(address: string): boolean;
  /** True for these, and for every public address. */
  mayDial(address: string): boolean;
}

/** `allowed`: ranges such as `10.0.0.0/8`, or single addresses. */
export function createAddressRules(allowed: readonly string[]): AddressRules {
  const own = listOf(allowed);
  const refused = listOf(reserved);
  return {
    isAllowed: (address) => isIP(address) !== 0 && holds(own, address),
    mayDial: (address) => isIP(address) !== 0 && (holds(own, address) || !holds(refused, address)),
  };
}

const holds = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** True for an address, or a range as `10.0.0.0/8` and `fd00::/8` write it. */
export function isRange(text: string): boolean {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 6 ? 128 : 32));
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/', 2);
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
