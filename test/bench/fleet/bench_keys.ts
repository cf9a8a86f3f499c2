// The keys of a bench's hosts: the same key for the same name in every process, so that none has to tell another.
import { createHash, createPrivateKey } from 'node:crypto';
import type { HostKey } from '../../../shared/wire/host_proof.js';

/** Of an Ed25519 key in PKCS #8: what comes before its 32 bytes. */
const before = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key of this host. */
export function benchKey(host: string): HostKey {
  const seed = createHash('sha256').update(host).digest();
  const key = createPrivateKey({ key: Buffer.concat([before, seed]), format: 'der', type: 'pkcs8' });
  return { key: key.export({ format: 'jwk' }).x ?? '', secret: seed.toString('base64url') };
}
