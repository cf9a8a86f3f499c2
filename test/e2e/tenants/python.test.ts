// A Python tenant: requirements in a virtual environment, migrations and a service that run in it.
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { findUser } from '../../../agent/command/user.js';
import { findFixedPort } from '../../helpers/free_port.js';
import type { FollowedStream } from '../../helpers/agent/upgrade_client.js';
import { makeQuickPython, makeWheels } from '../../integration/agent/tenant/requirements/wheels.js';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from './tenant_host.js';

/** Answers which release it is, and with which version of the package it runs. */
const server = `
import http.server, json, os, pathlib, tiny

RELEASE = pathlib.Path('RELEASE').read_text()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'release': RELEASE, 'tiny': tiny.version}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

port = int(pathlib.Path(os.environ['DATA_DIR'], 'port').read_text())
http.server.HTTPServer(('127.0.0.1', port), Handler).serve_forever()
`;

const control = `#!/bin/sh
pid=$DATA_DIR/pid
running() { [ -s "$pid" ] && readlink "/proc/$(cat "$pid")/exe" >/dev/null; }
case $1 in
  start) running || { setsid venv/bin/python server.py </dev/null >>"$DATA_DIR/log" 2>&1 & echo $! >"$pid"; } ;;
  stop) if running; then kill "$(cat "$pid")"; while running; do sleep 0.02; done; fi ;;
  status) running ;;
esac
`;

const stamp = `
import os, pathlib, tiny
pathlib.Path(os.environ['DATA_DIR'], 'stamp').write_text(f'stamped with tiny {tiny.version}')
`;

const failing = `
import sys, tiny
sys.exit(f'no way with tiny {tiny.version}')
`;

/** The programs of this machine that every account can run. */
const systemPath = '/usr/local/bin:/usr/bin:/bin';

/** Runs a program as an account, as people on the host would. */
async function runAs(user: string, argv: readonly [string, ...string[]], cwd: string): Promise<string> {
  const { uid, gid } = await findUser(user);
  const env = { PATH: systemPath, DATA_DIR: path.join(cwd, '../data') };
  const [file, ...words] = argv;
  // What `ctl` leaves running must not hold a pipe of ours.
  const stdio = file === 'bin/ctl' ? 'ignore' : 'pipe';
  return String(execFileSync(file, words, { cwd, env, uid, gid, stdio }));
}

/** An environment as people make them by hand: a folder, not a link. */
async function makeEnvironmentByHand({ user, appDir }: TenantPlace, version: string): Promise<void> {
  await runAs(user, ['python3', '-m', 'venv', '--without-pip', 'venv'], appDir);
  const where = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const folder = await runAs(user, ['venv/bin/python', '-c', where], appDir);
  writeFileSync(path.join(folder.trim(), 'tiny.py'), `version = "${version}"\n`);
}

describe.each([
  { user: 'nobody', prebuild: true, built: 'before the services stop' },
  { user: 'root', prebuild: false, built: 'while they are stopped' },
])('a Python tenant of $user whose environment is built $built', ({ user, prebuild }) => {
  let place: TenantPlace;
  let host: RunningHost;
  let url: string;
  let good: FollowedStream;
  let linkAfterGood: string;
  let bad: FollowedStream;

  const venv = () => path.join(place.appDir, 'venv');
  const ask = async () => z.object({ release: z.string(), tiny: z.string() }).parse(await (await fetch(url)).json());
  const ctl = (action: string) => runAs(user, ['bin/ctl', action], place.appDir);

  beforeAll(async () => {
    place = await makePlace(user);
    const { repository, folder, dataDir } = place;
    const environment = makeWheels(path.join(folder, 'wheels'), ['1.0', '2.0', '3.0']);
    const app = { 'server.py': server, 'bin/ctl': control, '.gitignore': 'venv*\n__pycache__\n' };
    repository.commit(app);
    chmodSync(path.join(repository.folder, 'bin/ctl'), 0o755);
    repository.release('v0.1.0', { RELEASE: 'v0.1.0', 'requirements.txt': 'tiny==1.0\n' });
    const second = { RELEASE: 'v0.2.0', 'requirements.txt': 'tiny==2.0\n', 'scripts/002_stamp.py': stamp };
    repository.release('v0.2.0', second);
    const third = { RELEASE: 'v0.3.0', 'requirements.txt': 'tiny==3.0\n', 'scripts/003_fail.py': failing };
    repository.release('v0.3.0', third);
    // One of the two has environments as Python makes them, which takes long.
    const python = prebuild ? {} : { python: makeQuickPython(folder) };
    const port = await findFixedPort();
    url = `http://127.0.0.1:${port}/`;
    writeFileSync(path.join(dataDir, 'port'), `${port}`);
    installTenant(place, 'v0.1.0');
    await makeEnvironmentByHand(place, '1.0');
    await ctl('start');
    await vi.waitFor(ask, { timeout: 10_000 });

    host = await startHost(place, {
      environment,
      services: { start: ['bin/ctl', 'start'], stop: ['bin/ctl', 'stop'], status: ['bin/ctl', 'status'] },
      requirements: { file: 'requirements.txt', venv: 'venv', prebuild, ...python },
      migrations: { files: 'scripts/*.py', run: ['venv/bin/python', '{file}'] },
      health: { url, interval: '20ms', successes: 2, timeout: '20s' },
    });
    good = await host.upgrade({ version: 'v0.2.0' });
  });

  afterAll(async () => {
    await host.stop();
    await ctl('stop');
    await place.remove();
  });

  describe('upgraded to a release with other requirements and a migration', () => {
    test('succeeds', () => {
      expect(good.result).toMatchObject({
        status: 'success',
        previous_version: 'v0.1.0',
        new_version: 'v0.2.0',
        migrations_run: ['scripts/002_stamp.py'],
        failure: null,
      });
    });

    test('had its environment built at that time', () => {
      const built = good.events.findIndex(
        (event) => event.type === 'command' && event.title.startsWith('build the environment'),
      );
      const stopped = good.events.findIndex((event) => event.type === 'step-begin' && event.step === 'stop-services');
      expect(built).toBeGreaterThan(0);
      expect(built < stopped).toBe(prebuild);
    });

    test('ran the migration with the new package', () => {
      expect(readFileSync(path.join(place.dataDir, 'stamp'), 'utf8')).toBe('stamped with tiny 2.0');
    });

    test('serves the new code with the new package', async () => {
      expect(await ask()).toEqual({ release: 'v0.2.0', tiny: '2.0' });
    });

    test('has a link for its environment, and the one made by hand set aside', () => {
      expect(readlinkSync(venv())).toMatch(/^venv\.d\/[0-9a-f]{16}$/);
      expect(lstatSync(`${venv()}.before-drover`).isDirectory()).toBe(true);
    });
  });

  describe('then to one whose migration fails', () => {
    beforeAll(async () => {
      linkAfterGood = readlinkSync(venv());
      bad = await host.upgrade({ version: 'v0.3.0' });
    });

    test('is put back, and says what failed with what output', () => {
      expect(bad.result).toMatchObject({
        status: 'rolled_back',
        current_version: 'v0.2.0',
        failure: { step: 'migrate', exit_code: 1, output_tail: 'no way with tiny 3.0' },
      });
    });

    test('has its environment back, with the package of before', async () => {
      expect(readlinkSync(venv())).toBe(linkAfterGood);
      const words = ['venv/bin/python', '-c', 'import tiny; print(tiny.version)'] as const;
      expect(await runAs(user, words, place.appDir)).toBe('2.0\n');
    });

    test('serves the code and the package of before', async () => {
      expect(await ask()).toEqual({ release: 'v0.2.0', tiny: '2.0' });
    });
  });
});
