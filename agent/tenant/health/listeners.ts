// Who listens where a health check's URL leads: by the kernel's tables of sockets, if it leads to this host.
import { open } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { hasErrno } from '../../../shared/os/errno.js';
import { findProcessesWith, type OpenProcess } from '../open_files.js';

/** The kernel prints sockets that listen first. */
const maxTableBytes = 1024 * 1024;
const listening = '0A';

/**
 * The sockets that listen on the URL's port, each by a number that no other socket has; a process that is restarted has
 * another one. Empty where the URL leads to another host. Changes nothing.
 */
export async function findListeners(url: string): Promise<string[]> {
  const { hostname, port, protocol } = new URL(url);
  if (!isOwn(hostname.replaceAll(/[[\]]/g, ''))) return [];
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const hex = number.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readTable));
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return rows
    .flatMap(([, local = '', , state, , , , , , inode = '']) =>
      state === listening && local.endsWith(`:${hex}`) ? [inode] : [],
    )
    .toSorted();
}

/** The processes that hold these sockets, as far as this user may look. */
export async function findListeningProcesses(sockets: readonly string[]): Promise<OpenProcess[]> {
  if (sockets.length === 0) return [];
  const links = new Set(sockets.map((inode) => `socket:[${inode}]`));
  return findProcessesWith((target) => links.has(target));
}

function isOwn(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some(
    (found) => found?.some(({ address }) => address === hostname) === true,
  );
}

async function readTable(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const bytes = Buffer.alloc(maxTableBytes);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, maxTableBytes - length, null);
        length += bytesRead;
        if (bytesRead === 0 || length === maxTableBytes) return bytes.toString('latin1', 0, length);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A kernel without IPv6 has no table of it.
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
