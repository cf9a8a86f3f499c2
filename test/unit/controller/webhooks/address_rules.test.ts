// Where webhooks may go: to public addresses, and to those that are allowed.
import { describe, expect, it } from 'vitest';
import { createAddressRules, isRange } from '../../../../controller/webhooks/address_rules.js';
import { resolveTarget } from '../../../../controller/webhooks/resolve_target.js';

const refused =
  `127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
  100.64.0.1 224.0.0.1 255.255.255.255 192.0.0.192 198.18.0.1 :: ::1 ::7f00:1 fe80::1 febf::1 fc00::1 fd12::1 ff02::1
  fec0::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:a00:1 64:ff9b::7f00:1 2002:7f00:1::1 2001:db8::1 localhost`.split(
    /\s+/,
  );
const taken = ['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'];

const rulesOf = (...allowed: string[]) => createAddressRules(allowed);
const target = (url: string, addresses: string[], ...allowed: string[]) =>
  resolveTarget(new URL(url), { rules: rulesOf(...allowed), resolve: async () => addresses });

const findNothing = () => Promise.reject(new Error('getaddrinfo ENOTFOUND'));

describe('without an exception', () => {
  it.each(refused)('%s is refused', (address) => {
    expect(rulesOf().mayDial(address)).toBe(false);
  });

  it.each(taken)('%s is taken', (address) => {
    expect(rulesOf().mayDial(address)).toBe(true);
  });
});

describe('an exception', () => {
  it('holds what is in it, and nothing beside it', () => {
    const rules = rulesOf('10.1.0.0/16', '127.0.0.1', 'fd00::/8');
    const isDialled = (address: string) => rules.mayDial(address);
    expect(['10.1.2.3', '127.0.0.1', 'fd12::1'].filter(isDialled)).toHaveLength(3);
    expect(['10.2.0.1', '127.0.0.2', 'fc00::1', '::1'].filter(isDialled)).toEqual([]);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'localhost', '::/129', '10.0.0.0/8/8', '', 'fe80::1%eth0'])(
    'is not %j',
    (text) => {
      expect(isRange(text)).toBe(false);
    },
  );
});

describe('a target', () => {
  it('is the address that was checked', async () => {
    expect(await target('https://hooks.example.com/x', ['1.1.1.1', '2606:4700::1111'])).toBe('1.1.1.1');
    expect(await target('https://[2606:4700::1111]/x', [])).toBe('2606:4700::1111');
  });

  it.each([
    ['https://hooks.example.com/', ['1.1.1.1', '127.0.0.1']],
    ['https://hooks.example.com/', ['169.254.169.254']],
    // As a URL writes 127.0.0.1 and 10.0.0.1 in other ways.
    ['https://2130706433/', []],
    ['https://0x7f.1/', []],
    ['https://0177.0.0.1/', []],
    ['https://[::ffff:10.0.0.1]/', []],
    ['https://[::]/', []],
  ])('%s at %j is refused', async (url, addresses) => {
    await expect(target(url, addresses)).rejects.toThrow('is no public address, and webhooks.allow');
  });

  it('is reached without TLS only where that address is allowed', async () => {
    await expect(target('http://hooks.example.com/', ['1.1.1.1'])).rejects.toThrow('http:// goes only to addresses');
    expect(await target('http://hooks.example.com/', ['10.0.0.1'], '10.0.0.0/8')).toBe('10.0.0.1');
  });

  it('without an address is said by its name', async () => {
    const asked = resolveTarget(new URL('https://nowhere.example/'), { rules: rulesOf(), resolve: findNothing });
    await expect(asked).rejects.toThrow('nowhere.example cannot be resolved: getaddrinfo ENOTFOUND');
    await expect(target('https://hooks.example.com/', [])).rejects.toThrow('hooks.example.com has no address');
  });
});
