// A systemd behind the ports for commands: units with a state each, and systemctl's ways of showing and changing them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TenantPath, type Word } from '../../../../../agent/command/tenant_path.js';
import { AppError } from '../../../../../shared/errors.js';
import type { ProbeResult } from '../../../../../agent/command/spec.js';
import { currentUser } from '../../../../../agent/command/user.js';
import type { ReadContext, RunContext } from '../../../../../agent/tenant/site.js';

export interface FakeSystemd {
  acting: ReadContext & RunContext;
  /** Command lines of what changed something, in order. */
  changes: string[];
  set(unit: string, properties: Record<string, string>): void;
  remove(): Promise<void>;
}

export async function makeSystemd(units: Record<string, Record<string, string>>): Promise<FakeSystemd> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-systemd-'));
  const state = new Map(Object.entries(units));
  const changes: string[] = [];

  const show = (words: string[]): string => {
    const wanted = (words[0] ?? '').replace('--property=', '').split(',');
    // systemd has an order of its own, and leaves out what a unit does not have.
    const paragraphs = words.slice(1).map((unit) =>
      Object.entries(state.get(unit) ?? { LoadState: 'not-found', ActiveState: 'inactive' })
        .filter(([key]) => wanted.includes(key))
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return paragraphs.join('\n');
  };

  const change = (verb: string, names: string[]) => {
    changes.push([verb, ...names].join(' '));
    for (const name of names) {
      const unit = state.get(name) ?? {};
      if (unit['Clings'] !== undefined && verb === 'stop') continue;
      const next = { stop: 'inactive', 'reset-failed': 'inactive', start: 'active' }[verb];
      if (verb === 'reset-failed' && unit['ActiveState'] !== 'failed') continue;
      if (verb === 'start' && unit['ActiveState'] === 'failed') {
        throw new AppError('command-failed', `${name}: start request repeated too quickly`);
      }
      state.set(name, { ...unit, ActiveState: next ?? 'unknown' });
    }
  };

  const call = (words: readonly Word[]): ProbeResult => {
    const argv = words.map((word) => TenantPath.textOf(word));
    const [program, verb = '', ...rest] = argv;
    if (program !== 'systemctl') throw new Error(`not systemctl: ${argv.join(' ')}`);
    if (verb === 'show') return { exitCode: 0, stdout: show(rest), stderr: '' };
    change(verb, rest);
    return { exitCode: 0, stdout: '', stderr: '' };
  };

  const user = currentUser();
  const { signal } = new AbortController();
  const site = { slug: 'testsite', appDir: new TenantPath(folder), dataDir: new TenantPath(folder), user, env: {} };
  return {
    acting: {
      site,
      signal,
      probe: async ({ argv }) => call(argv),
      async run(key, { argv }) {
        const outputPath = path.join(folder, key);
        const { exitCode, stdout } = call(argv);
        await writeFile(outputPath, stdout);
        return { code: exitCode, signal: null, ms: 1, outputPath };
      },
    },
    changes,
    set: (unit, properties) => void state.set(unit, { ...state.get(unit), ...properties }),
    remove: () => rm(folder, { recursive: true }),
  };
}
