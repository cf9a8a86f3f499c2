// The address of a client, directly and behind proxies.
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createProxies, isNetwork } from '../../../../controller/auth/proxies.js';

const proxies = createProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

function from(address: string, forwarded?: string) {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  return proxies.addressOf({ socket, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } });
}

describe('the address of a client', () => {
  it.each([
    ['directly', '192.0.2.7', undefined, '192.0.2.7'],
    ['directly, whatever it says of itself', '192.0.2.7', '203.0.113.9', '192.0.2.7'],
    ['behind a proxy', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['behind a proxy that is seen as IPv6', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['behind two proxies', '127.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['behind a proxy of another kind', 'fd12::1', '2001:db8::7', '2001:db8::7'],
    ['behind a proxy, with an address that it made up before', '127.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['behind a proxy, with a proxy that it made up', '127.0.0.1', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['that is a proxy', '10.1.2.3', undefined, '10.1.2.3'],
    ['behind a proxy that names none', '127.0.0.1', '', '127.0.0.1'],
    ['behind a proxy that names no address', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['that makes up what is no address', '127.0.0.1', 'x y, 203.0.113.9', '203.0.113.9'],
  ])('%s', (...[, socket, forwarded, address]) => {
    expect(from(socket, forwarded)).toBe(address);
  });
});

it('knows which addresses are proxies', () => {
  expect(['10.255.0.1', '127.0.0.1', 'fdff::1'].map((address) => proxies.isProxy(address))).toEqual([true, true, true]);
  expect(['11.0.0.1', '127.0.0.2', 'fe00::1', '', 'x'].map((address) => proxies.isProxy(address))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

it.each(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])('%s is a network', (text) => {
  expect(isNetwork(text)).toBe(true);
});

it.each(['', 'proxy.example.com', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/-1', '10/8'])(
  '%j is no network',
  (text) => {
    expect(isNetwork(text)).toBe(false);
  },
);
