// What a tenant feature works with, for tests: real processes in a fresh folder, each key run once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { z } from 'zod';
import { AppError } from '../../../../../shared/errors.js';
import { createProbe } from '../../../../../agent/command/probe.js';
import type { CommandExit, CommandSpec, User } from '../../../../../agent/command/spec.js';
import { currentUser, findUser } from '../../../../../agent/command/user.js';
import { minimalEnvironment, type ReadContext, type RunContext } from '../../../../../agent/tenant/site.js';

/** A `ctl start|stop|status` whose service is a sleeping process; its pid is in the file `pid`. */
export const ctlScript = `#!/bin/bash
set -e
is_running() { [ -f pid ] && kill -0 "$(cat pid)" 2>/dev/null; }
case "$1" in
  start) is_running && { echo "cannot start twice" >&2; exit 1; }
         setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >pid ;;
  stop) [ -f pid ] || { echo "not running" >&2; exit 1; }
        kill -TERM "$(cat pid)"; rm pid ;;
  status) is_running || exit 3 ;;
esac
`;

export interface Bench {
  folder: string;
  agentUser: User;
  acting: ReadContext & RunContext;
  /** The titles of the commands that were run, and not answered from their record. */
  ran: string[];
  /** Acts as a new step would: with no record of earlier commands. */
  forget(): void;
  /** Writes a script of the app. */
  writeScript(name: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** A site whose app and data folders are one, owned by `nobody`, with `env` besides the minimal environment. */
export async function makeBench(env: Record<string, string> = {}): Promise<Bench> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-services-'));
  const agentUser = currentUser();
  const user = await findUser('nobody');
  const appDir = path.join(folder, 'app');
  await chmod(folder, 0o755);
  await mkdir(appDir);
  await chown(appDir, user.uid, user.gid);
  const place = new TenantPath(appDir);
  const site = { slug: 'testsite', appDir: place, dataDir: place, user, env: { ...minimalEnvironment(user), ...env } };

  const { signal } = new AbortController();
  const records = new Map<string, CommandExit>();
  const ran: string[] = [];
  const run: RunContext['run'] = async (key, spec) => {
    const recorded = records.get(key);
    if (recorded !== undefined) return recorded;
    ran.push(spec.title);
    const exit = await runOnce(spec, path.join(folder, key));
    records.set(key, exit);
    if (exit.code === 0 || spec.acceptExits?.includes(exit.code ?? -1)) return exit;
    throw new AppError('command-failed', `${spec.title}: exit ${exit.code}`);
  };

  return {
    folder,
    agentUser,
    acting: { site, run, probe: createProbe({ agentUid: agentUser.uid, signal }), signal },
    ran,
    forget: () => records.clear(),
    async writeScript(name, text) {
      await writeFile(path.join(appDir, name), text);
      await chmod(path.join(appDir, name), 0o755);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Runs a command as the agent would: as its user, with nothing but its environment, its output in a file. */
async function runOnce({ argv, user, cwd, env }: CommandSpec, outputPath: string): Promise<CommandExit> {
  const [file = '', ...args] = argv.map((word) => TenantPath.textOf(word));
  const variables = Object.entries(env).map(([name, value]) => [name, TenantPath.textOf(value)]);
  const output = await open(outputPath, 'w');
  try {
    const { uid, gid } = user;
    const child = spawn(file, args, {
      cwd: TenantPath.textOf(cwd),
      env: Object.fromEntries(variables),
      uid,
      gid,
      stdio: ['ignore', output.fd, output.fd],
    });
    const [code, signal] = await once(child, 'exit');
    return z
      .object({ code: z.number().nullable(), signal: z.string().nullable() })
      .transform((ended) => ({ ...ended, ms: 1, outputPath }))
      .parse({ code, signal });
  } finally {
    await output.close();
  }
}
