// What a connection needs: the keys of this host, and the CAs that it trusts. Both are read for every connection, so that
// they can change.
import { AppError } from '../../shared/errors.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import type { UplinkConfig } from '../config/uplink_config.js';
import { readIdentity, type Membership } from '../store/identity.js';

export interface Credentials {
  /** Those that the controller may have: the one that it had last is first. */
  keys: readonly [Membership, ...Membership[]];
  /** PEM; undefined for the system's CAs. */
  ca: string | undefined;
}

/** Throws AppError `config` where a file cannot be used, or this host, which is to be `host`, has not joined. */
export async function readCredentials(
  { ca_file: caFile }: Pick<UplinkConfig, 'ca_file'>,
  { identityFile, host }: { identityFile: string; host: string },
): Promise<Credentials> {
  const { active = null, next = null } = (await readIdentity(identityFile)) ?? {};
  const [first, ...more] = [active, next].filter((member) => member !== null);
  if (first === undefined) {
    throw new AppError('config', 'this host has not joined a controller yet', {
      hint: 'Make a join token (`drover join-tokens create`), and run the command that it prints on this host; no restart is needed.',
    });
  }
  if (first.host !== host) {
    throw new AppError('config', `agent.yaml says that this host is ${host}, and it has joined as ${first.host}`, {
      hint: `Set \`host: ${first.host}\` in agent.yaml, or join anew: \`drover-agent enroll --reset\`.`,
    });
  }
  return { keys: [first, ...more], ca: await readCa(caFile) };
}

/** PEM; undefined for the system's CAs. Throws AppError `config`. */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readTrustedFile(file, 'config')).toString();
}
