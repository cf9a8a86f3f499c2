// The guide's chapter "Adopting an existing installation", word for word: its script, its keys and its commands.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readYaml, toYaml } from '../../../../shared/config/yaml.js';
import { useCliHosts, type CliHost } from './run_cli.js';

const hosts = useCliHosts([]);

const guide = readFileSync(path.join(import.meta.dirname, '../../../../deploy/guides/operating.md'), 'utf8');
const chapter = /^## Adopting an existing installation\n([^]*?)^## /m.exec(guide)?.[1] ?? '';
const blocks = (language: string) =>
  [...chapter.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text ?? '');
const commands = blocks('sh').flatMap((text) => text.split('\n').filter((line) => line.startsWith('drover-agent ')));

/** What the guide names, where this host has it; two sleeping processes stand for the app's. */
function onThisHost(host: CliHost, text: string): string {
  return text
    .replaceAll('/home/testsite/app', host.tenant.appDir)
    .replaceAll('/usr/local/bin', host.folder)
    .replace(/^web=.*$/m, 'web="sleep 86401"')
    .replace(/^worker=.*$/m, 'worker="sleep 86402"')
    .replace(/^health: .*$/m, `health: { command: [${host.folder}/testsite-ctl, status] }`);
}

test('its script, its keys and its commands take an installed app to its next release', async () => {
  const host = await hosts.open({ hasService: false });
  const file = host.tenant.configFile;
  const { repo, environment } = (await readYaml(file)).value;
  rmSync(file);
  const ctl = path.join(host.folder, 'testsite-ctl');
  writeFileSync(ctl, onThisHost(host, blocks('sh')[0] ?? ''));
  chmodSync(ctl, 0o755);
  const env = { ...process.env, DATA_DIR: host.tenant.dataDir, APP_DIR: host.tenant.appDir };
  const control = (word: string) => execFileSync(ctl, [word], { env, cwd: host.tenant.appDir });
  control('start');
  try {
    const done: Record<string, Awaited<ReturnType<CliHost['cli']>>> = {};
    for (const command of commands) {
      const words = onThisHost(host, command).split(' ').slice(1);
      const [name = ''] = words;
      if (name === 'check') {
        const ownFile = path.join(host.folder, 'own.yaml');
        writeFileSync(ownFile, onThisHost(host, blocks('yaml')[0] ?? ''));
        const [keys, own] = [await readYaml(file), await readYaml(ownFile)];
        writeFileSync(file, toYaml({ ...keys.value, repo, environment, ...own.value }));
      }
      done[name] = await host.cli(...words, ...(name === 'init' ? ['--user', 'root'] : []));
    }
    expect(Object.entries(done).map(([name, { exitCode }]) => [name, exitCode])).toEqual([
      ['init', 0],
      ['check', 0],
      ['config', 0],
      ['adopt', 0],
      ['status', 0],
      ['plan', 10],
      ['upgrade', 0],
    ]);
    expect(done['adopt']?.stdout).toContain('testsite is on record at v0.1.0');
    expect(done['upgrade']?.stdout).toContain('v0.1.0');
    control('status');
  } finally {
    control('stop');
  }
});
