// The agent's secret and the CAs that it trusts. Both are read for every connection, so that they can change.
import { AppError } from '../../shared/errors.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import type { UplinkConfig } from '../config/uplink_config.js';

export interface Credentials {
  secret: string;
  /** PEM; undefined for the system's CAs. */
  ca: string | undefined;
}

/** Throws AppError `config` where a file cannot be used. */
export async function readCredentials({
  secret_file: secretFile,
  ca_file: caFile,
}: UplinkConfig): Promise<Credentials> {
  const secret = (await readTrustedFile(secretFile, 'secret')).toString().trim();
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new AppError('config', `${secretFile}: is not a secret in one line without spaces`, {
      hint: 'Put the secret that the controller uses into it, and nothing else.',
    });
  }
  if (caFile === undefined) return { secret, ca: undefined };
  return { secret, ca: (await readTrustedFile(caFile, 'config')).toString() };
}
