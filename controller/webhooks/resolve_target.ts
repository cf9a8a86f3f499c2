// Resolves where a delivery goes, once, and checks the address: what is dialled is exactly what was checked.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError, toAppError } from '../../shared/errors.js';
import type { AddressRules } from './address_rules.js';

export type ResolveName = (name: string) => Promise<readonly string[]>;

/** By the system's resolver. */
export const resolveName: ResolveName = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

/** The host of a URL as an address or a name, without the brackets of IPv6. */
export const hostOfUrl = ({ hostname }: URL) => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * The address to dial. Throws AppError `invalid` where one of the addresses of the name may not be dialled, or where
 * http:// would leave for the internet; `unreachable` where the name has none.
 */
export async function resolveTarget(
  url: URL,
  { rules, resolve }: { rules: AddressRules; resolve: ResolveName },
): Promise<string> {
  const host = hostOfUrl(url);
  const addresses = isIP(host) === 0 ? await resolveOrExplain(host, resolve) : [host];
  for (const address of addresses) requireAllowed(url, address, rules);
  const [first] = addresses;
  if (first === undefined) throw new AppError('unreachable', `${host} has no address`);
  return first;
}

async function resolveOrExplain(name: string, resolve: ResolveName): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    throw new AppError('unreachable', `${name} cannot be resolved: ${toAppError(error).message}`, { cause: error });
  }
}

/** Throws AppError `invalid` for an address that may not be dialled by this URL. */
export function requireAllowed(url: URL, address: string, rules: AddressRules): void {
  const host = hostOfUrl(url);
  const what = host === address ? address : `${host} (${address})`;
  if (!rules.mayDial(address)) {
    throw new AppError(
      'invalid',
      `${what} is no public address, and webhooks.allow in controller.yaml does not hold it`,
      {
        hint: 'Whoever runs the controller allows addresses of its own network there.',
      },
    );
  }
  if (url.protocol === 'https:' || rules.isAllowed(address)) return;
  throw new AppError('invalid', `http:// goes only to addresses that webhooks.allow holds, not to ${what}`, {
    hint: 'Use https://.',
  });
}
