// Where requests come from: the address of the socket, or behind a proxy that is trusted the one that the proxy names.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export interface Proxies {
  /** True for the address of a trusted proxy: many clients share it. */
  isProxy(address: string): boolean;
  /**
   * The client's address: of `X-Forwarded-For` the last one that no trusted proxy has, as far as trusted proxies wrote it.
   * Whatever a client itself puts into that header is before it.
   */
  addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string;
}

/** `trusted`: addresses, and networks such as `10.0.0.0/8`, as `isNetwork` accepts them. */
export function createProxies(trusted: readonly string[]): Proxies {
  const networks = new BlockList();
  for (const network of trusted) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (bits === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(bits), family);
  }
  const isProxy = (address: string) => isIP(address) > 0 && networks.check(address, familyOf(address));
  return {
    isProxy,
    addressOf({ headers, socket }) {
      let address = plain(socket.remoteAddress ?? '');
      const named = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
      while (isProxy(address)) {
        const before = plain(named.pop()?.trim() ?? '');
        if (isIP(before) === 0) break;
        address = before;
      }
      return address;
    },
  };
}

/** True for an address, or for a network such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** A server on both families sees IPv4 with this before it. */
const plain = (address: string) => address.replace(/^::ffff:/i, '');
