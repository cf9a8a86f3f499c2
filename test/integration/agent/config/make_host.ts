// A host's configuration in a fresh folder: agent.yaml, tenants.d, and the work tree of one app.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export interface Host {
  folder: string;
  agentFile: string;
  appDir: string;
  dataDir: string;
  /** Writes a file of mode 0600 unless `mode` says otherwise, and gives its path. */
  write(name: string, text: string, mode?: number): Promise<string>;
  /** The text of a right tenant file: eleven lines, `user` in the fourth. Each slug has folders of its own. */
  tenantText(slug?: string): string;
  remove(): Promise<void>;
}

export async function makeHost(): Promise<Host> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-config-'));
  // The tenant's user looks for its folders itself.
  await chmod(folder, 0o755);
  const appDir = path.join(folder, 'app');
  const dataDir = path.join(appDir, 'db');
  await mkdir(dataDir, { recursive: true });
  await mkdir(path.join(folder, 'tenants.d'), { mode: 0o755 });
  await promisify(execFile)('git', ['init', '--quiet', appDir]);
  const write = async (name: string, text: string, mode = 0o600) => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    await chmod(file, mode);
    return file;
  };
  return {
    folder,
    agentFile: await write('agent.yaml', 'host: h1\n'),
    appDir,
    dataDir,
    write,
    tenantText: (slug = 'testsite') => {
      const own = slug === 'testsite' ? appDir : path.join(folder, slug);
      if (own !== appDir) for (const name of ['db', '.git']) mkdirSync(path.join(own, name), { recursive: true });
      return [
        `slug: ${slug}`,
        `app_dir: ${own}`,
        `data_dir: ${own}/db`,
        'user: nobody',
        'repo: https://git.example.com/cbapp.git',
        'trust: any-tag',
        'services: none',
        'database: none',
        'requirements: none',
        'migrations: none',
        'health: none\n',
      ].join('\n');
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
