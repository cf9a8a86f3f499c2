// The certificate of the controller and its key: read from their files, and refused unless clients would take the pair.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { AppError, toAppError } from '../../shared/errors.js';
import { errnoOf } from '../../shared/os/errno.js';
import { showTime } from '../../shared/os/clock.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';

export interface CertificateFiles {
  cert_file: string;
  key_file: string;
}

/** Runs `work` for one of the keys: its errors may then name that key. */
export type ForFile = <T>(key: keyof CertificateFiles, work: () => Promise<T>) => Promise<T>;

export interface Certificate {
  /** PEM: the certificate, and those of the CAs between it and the root. */
  cert: Buffer;
  /** PEM. */
  key: Buffer;
  /** ISO 8601. */
  validUntil: string;
  /** The names that it is for, or its subject without any. */
  names: string;
}

/** Reads both files. Throws AppError `config` naming the file: a certificate that has expired, a key of another one, … */
export async function readCertificate(
  { cert_file: certFile, key_file: keyFile }: CertificateFiles,
  { now, forFile }: { now: Date; forFile: ForFile },
): Promise<Certificate> {
  const { cert, parsed } = await forFile('cert_file', async () => {
    const pem = await readTrustedFile(certFile, 'config');
    return { cert: pem, parsed: parseCertificate(certFile, pem, now) };
  });
  const key = await forFile('key_file', async () => {
    const pem = await readTrustedFile(keyFile, 'environment');
    if (!parsed.checkPrivateKey(parseKey(keyFile, pem))) {
      throw new AppError('config', `${keyFile}: is not the key of the certificate in ${certFile}`, {
        hint: 'name the two files that were made together; a file of several certificates begins with the controller’s own',
      });
    }
    return pem;
  });
  await forFile('cert_file', async () => requireUsable(certFile, { cert, key }));
  const names = parsed.subjectAltName ?? parsed.subject.replaceAll('\n', ', ');
  return { cert, key, names, validUntil: toIso(parsed.validTo) };
}

function parseCertificate(file: string, pem: Buffer, now: Date): X509Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(pem);
  } catch (error) {
    throw new AppError('config', `${file}: holds no certificate in PEM`, {
      cause: error,
      hint: 'name the file that begins with -----BEGIN CERTIFICATE-----',
    });
  }
  const [from, until] = [toIso(parsed.validFrom), toIso(parsed.validTo)];
  const at = now.toISOString();
  if (until < at) {
    throw new AppError('config', `${file}: the certificate expired at ${showTime(until)} UTC`, { hint: 'renew it' });
  }
  if (from > at) {
    throw new AppError('config', `${file}: the certificate is not valid before ${showTime(from)} UTC`, {
      hint: 'check the clock of this machine',
    });
  }
  return parsed;
}

function parseKey(file: string, pem: Buffer) {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isLocked = errnoOf(error) === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED');
    const what = isLocked ? 'the key is encrypted' : 'holds no private key in PEM';
    const hint = isLocked ? `openssl pkey -in ${file} writes it without a passphrase` : 'name the file of the key';
    throw new AppError('config', `${file}: ${what}`, { cause: error, hint });
  }
}

/** TLS refuses some pairs that fit: a key that is too short, a hash that is no longer safe. */
function requireUsable(file: string, pair: { cert: Buffer; key: Buffer }): void {
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new AppError('config', `${file}: TLS does not take it: ${toAppError(error).message}`, {
      cause: error,
      hint: 'have it issued anew, with a key of today’s length',
    });
  }
}

/** Of a time as OpenSSL writes it: `Dec 16 10:15:30 2026 GMT`. */
const toIso = (text: string) => new Date(text).toISOString();
