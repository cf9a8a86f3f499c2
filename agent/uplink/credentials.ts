// The agent's secret and the CAs that it trusts. Both are read for every connection, so that they can change.
import { readFile } from 'node:fs/promises';
import { AppError } from '../../shared/errors.js';
import { checkPermissions } from '../../shared/config/check_permissions.js';
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
  await checkPermissions(secretFile, 'secret');
  const secret = (await readFile(secretFile, 'utf8')).trim();
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new AppError('config', `${secretFile}: is not a secret in one line without spaces`, {
      hint: 'Put the secret that the controller uses into it, and nothing else.',
    });
  }
  if (caFile === undefined) return { secret, ca: undefined };
  await checkPermissions(caFile, 'config');
  return { secret, ca: await readFile(caFile, 'utf8') };
}
