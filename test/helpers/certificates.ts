// A CA of a test, and the certificates that it issues, made with openssl.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface IssuedFiles {
  cert_file: string;
  key_file: string;
}

export interface Authority {
  caFile: string;
  /** Writes `NAME.crt` and `NAME.key`, for this name of the subject, for so many days from now. */
  issue(name: string, options?: { alias?: string; days?: number }): IssuedFiles;
}

const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes the CA in this folder, which is the caller's. */
export function makeAuthority(folder: string): Authority {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const inside = (name: string) => path.join(folder, name);
  openssl('req', '-x509', ...fresh, '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  return {
    caFile: inside('ca.crt'),
    issue(name, { alias = 'IP:127.0.0.1', days = 2 } = {}) {
      openssl('req', ...fresh, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      writeFileSync(inside(`${name}.ext`), `subjectAltName=${alias}\n`);
      const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', String(days), '-out', `${name}.crt`);
      return { cert_file: inside(`${name}.crt`), key_file: inside(`${name}.key`) };
    },
  };
}
