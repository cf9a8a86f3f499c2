// An ssh server of a test's own on the loopback interface: its own configuration, host key and user key.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findFixedPort } from '../free_port.js';

export interface SshServer {
  /** Of the repository in this folder. */
  urlOf(folder: string): string;
  /** A private key that the server lets in, and one that it does not know. */
  key: string;
  strangeKey: string;
  /** Names the server's own key, and another one in its place. */
  knownHosts: string;
  wrongKnownHosts: string;
  close(): Promise<void>;
}

/** Starts it, with keys and configuration in `folder`. A client with the key is root, as the test is. */
export async function serveSsh(folder: string): Promise<SshServer> {
  const inside = (name: string) => path.join(folder, name);
  for (const name of ['host', 'user', 'stranger']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', inside(name)]);
  }
  const port = await findFixedPort();
  for (const [file, key] of [
    ['known_hosts', 'host.pub'],
    ['wrong_known_hosts', 'stranger.pub'],
  ] as const) {
    writeFileSync(inside(file), `[127.0.0.1]:${port} ${readFileSync(inside(key), 'utf8')}`, { mode: 0o600 });
  }
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${inside('host')}`,
    `AuthorizedKeysFile ${inside('user.pub')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
  ];
  writeFileSync(inside('sshd_config'), `${lines.join('\n')}\n`);
  // sshd's privilege separation folder; a booted Debian has it.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', inside('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  let said = '';
  while (!said.includes('Server listening')) {
    const [bytes] = await Promise.race([once(server.stderr, 'data'), ended.then(() => [null])]);
    if (bytes === null) throw new Error(`sshd did not start: ${said}`);
    said += String(bytes);
  }
  server.stderr.resume();
  return {
    urlOf: (repository) => `ssh://root@127.0.0.1:${port}${repository}`,
    key: inside('user'),
    strangeKey: inside('stranger'),
    knownHosts: inside('known_hosts'),
    wrongKnownHosts: inside('wrong_known_hosts'),
    async close() {
      server.kill();
      await ended;
    },
  };
}
