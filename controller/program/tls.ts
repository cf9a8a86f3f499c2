// TLS of the controller: a server with its certificate, which is taken anew when its files change.
import https from 'node:https';
import path from 'node:path';
import { forKey, type ConfigSource } from '../../shared/config/config_source.js';
import { toAppError } from '../../shared/errors.js';
import { showTime, type Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { watchQuietly } from '../../shared/os/watch_quietly.js';
import type { MakeServer } from '../http/make_server.js';
import { readCertificate, type Certificate, type CertificateFiles, type ForFile } from './certificate.js';

export interface TlsOptions {
  files: CertificateFiles;
  /** Where the files are named, for the errors of the start. */
  source: ConfigSource;
  clock: Pick<Clock, 'now'>;
  log: Log;
}

export interface Tls {
  makeServer: MakeServer;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
/** From so many days before its end on, a certificate is warned of, once a day. */
const soonDays = 14;

/**
 * Reads the certificate and watches its files. A pair that cannot be used is refused now, with AppError `config` that
 * names file and key; later it is logged, and the last good one is kept. Connections are kept in any case.
 */
export async function openTls({ files, source, clock, log }: TlsOptions): Promise<Tls> {
  const servers: https.Server[] = [];
  const named: ForFile = (key, work) => forKey(source, ['tls', key], work);
  const read = (forFile: ForFile) => readCertificate(files, { now: clock.now(), forFile });
  let reading: Promise<void> = Promise.resolve();
  // Watched before the first reading, so that no change is missed.
  const watches = [...new Set(Object.values(files).map((file) => path.dirname(file)))].map((folder) =>
    watchQuietly(folder, {
      onChange() {
        reading = reading.then(readAgain);
      },
      onError: (error) => log.error({ err: error, folder }, 'the certificate cannot be watched; changes may be missed'),
    }),
  );
  const close = async () => {
    await Promise.all(watches.map((watch) => watch.close()));
    await reading;
  };
  await Promise.all(watches.map(({ ready }) => ready));
  let current = await read(named).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  warnOfEnd(current, { clock, log, files });
  const timer = setInterval(() => warnOfEnd(current, { clock, log, files }), dayMs).unref();

  async function readAgain(): Promise<void> {
    try {
      const next = await read((_key, work) => work());
      if (next.cert.equals(current.cert) && next.key.equals(current.key)) return;
      current = next;
      for (const server of servers) server.setSecureContext(next);
      log.info({ names: next.names, validUntil: next.validUntil }, 'the certificate was taken anew');
      warnOfEnd(current, { clock, log, files });
    } catch (error) {
      const { message, hint } = toAppError(error);
      log.error({ hint }, `the certificate was not taken anew, and the last good one is kept: ${message}`);
    }
  }

  return {
    makeServer(options, listener) {
      const { cert, key } = current;
      const server = https.createServer({ ...options, cert, key }, listener);
      servers.push(server);
      return server;
    },
    close() {
      clearInterval(timer);
      return close();
    },
  };
}

function warnOfEnd(
  { validUntil, names }: Certificate,
  { clock, log, files }: Pick<TlsOptions, 'clock' | 'log' | 'files'>,
): void {
  const days = (Date.parse(validUntil) - clock.now().getTime()) / dayMs;
  if (days > soonDays) return;
  const what = days < 0 ? 'has expired' : 'expires soon';
  log.warn({ names, file: files.cert_file }, `the certificate ${what}: it is valid until ${showTime(validUntil)} UTC`);
}
