// What a connection needs: where the controller is, the keys of this host, the CAs that it trusts, the password of the
// proxy. All files are read for every connection, so that they can change.
import { AppError } from '../../shared/errors.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { uplinkSchema, type UplinkConfig } from '../config/uplink_config.js';
import { readIdentity, type Identity, type Membership } from '../store/identity.js';
import { readProxy, type Proxy } from './proxy.js';

export interface Credentials {
  /** Of the controller, without the path. */
  url: string;
  /** Those that the controller may have: the one that it had last is first. */
  keys: readonly [Membership, ...Membership[]];
  /** PEM; undefined for the system's CAs. */
  ca: string | undefined;
  proxy: Proxy | undefined;
}

export interface CredentialFiles {
  /** Of agent.yaml; without it the controller is the one that this host has joined. */
  controller: UplinkConfig | undefined;
  identityFile: string;
  /** The name of this host by agent.yaml. */
  host: string;
}

/** Throws AppError `config` where a file cannot be used, or this host, which is to be `host`, has not joined. */
export async function readCredentials({ controller, identityFile, host }: CredentialFiles): Promise<Credentials> {
  const identity = await readIdentity(identityFile);
  const { active = null, next = null } = identity ?? {};
  const [first, ...more] = [active, next].filter((member) => member !== null);
  if (first === undefined) {
    throw new AppError('config', 'this host has not joined a controller yet', {
      hint: 'Make a join token (`drover join-tokens create`), and run the command that it prints on this host; no restart is needed.',
    });
  }
  if (first.host !== host) {
    throw new AppError('config', `the agent started as ${host}, and this host has joined as ${first.host}`, {
      hint: `Restart the agent if agent.yaml was changed since. Otherwise set \`host: ${first.host}\` there, or join anew: \`drover-agent enroll --reset\`.`,
    });
  }
  const { url, ca_file: caFile, proxy } = controller ?? uplinkOf(identity);
  return { url, keys: [first, ...more], ca: await readCa(caFile), proxy: await readProxy(proxy) };
}

/** The controller that was joined: only `enroll` has written it, which checks it. */
function uplinkOf(identity: Identity | null): UplinkConfig {
  return uplinkSchema.parse({ url: identity?.url, insecure: true });
}

/** PEM; undefined for the system's CAs. Throws AppError `config`. */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readTrustedFile(file, 'config')).toString();
}
