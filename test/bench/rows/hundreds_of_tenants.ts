// What the start of an agent costs with hundreds of tenants: against Node starting and reading as many files.
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const tenants = 800;
const agentProgram = path.resolve(import.meta.dirname, '../../../agent/main.js');

export const hundredsOfTenants: Row = {
  name: 'hundreds-of-tenants',
  what: `CPU time of \`check --offline\` with ${tenants} tenants of one user`,
  unit: 's',
  bound: 'ratio',
  limit: 8,
  target: 4,
  async measure() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-bench-tenants-'));
    try {
      const config = await makeTenants(folder);
      const check = [agentProgram, 'check', '--offline', '--config', config];
      return {
        measured: await measurePairs({
          pairs: 3,
          figure: () => measureCpu(check),
          control: () => measureCpu(['--input-type=module', '-e', reader, path.join(folder, 'tenants.d')]),
        }),
        remark: `the control is Node that reads ${tenants} files with the package yaml`,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Run in this package, so that it finds `yaml`. */
const reader = `
import fs from 'node:fs';
import { parse } from 'yaml';
const folder = process.argv[1];
const all = fs.readdirSync(folder).map((name) => parse(fs.readFileSync(folder + '/' + name, 'utf8')));
if (all.length !== ${tenants}) process.exit(1);
`;

/** The path of agent.yaml. */
async function makeTenants(folder: string): Promise<string> {
  await chmod(folder, 0o755);
  const files = path.join(folder, 'tenants.d');
  await mkdir(files);
  for (let n = 0; n < tenants; n += 1) {
    const own = path.join(folder, `t${n}`);
    await mkdir(path.join(own, 'app/.git'), { recursive: true });
    await mkdir(path.join(own, 'data'));
    const keys = [
      `slug: t${n}`,
      `app_dir: ${own}/app`,
      `data_dir: ${own}/data`,
      'user: nobody',
      'repo: https://git.example.com/app.git',
      'trust: any-tag',
      `services: [t${n}-web.service, t${n}-worker.service]`,
      'database: { sqlite: pocket.db }',
      'requirements: { file: requirements.txt, venv: venv }',
      'migrations: { files: "scripts/*.py", run: [venv/bin/python, "{file}"] }',
      'health: { url: "http://127.0.0.1:8000/health" }',
    ];
    await writeFile(path.join(files, `t${n}.yaml`), `${keys.join('\n')}\n`, { mode: 0o600 });
  }
  execFileSync('chown', ['-R', 'nobody:', ...Array.from({ length: tenants }, (_, n) => path.join(folder, `t${n}`))]);
  const config = path.join(folder, 'agent.yaml');
  await writeFile(config, `state_dir: ${folder}/state\nlog_dir: ${folder}/log\n`, { mode: 0o600 });
  return config;
}

/** The CPU time of Node with these words, and of all processes that it starts, in seconds. */
async function measureCpu(words: readonly string[]): Promise<number> {
  const script = '"$@" >&2; code=$?; times; exit "$code"';
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, ...words]);
  const [, ofChildren = ''] = stdout.trim().split('\n');
  const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
