// The contract of the port to launchers: what every launcher promises, held by each of them.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandState, Launch, Launcher } from '../../../../agent/command/launcher.js';
import { currentUser } from '../../../../agent/command/user.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';
import { makeLab, type Lab } from './lab.js';

const whenLetGo = 'while [ ! -e go ]; do sleep 0.01; done';
/** What a command leaves running may be ended by the launcher: this gives the test some time. */
const lasting = 'trap "" TERM;';
const untilBegun = 'while [ ! -e runs ]; do sleep 0.01; done';
const untilLetGo = `echo run >>runs; echo first; echo second >&2; ${whenLetGo}; exit 3`;

/** `open` gives the launcher of another agent of this host at each call; `bootId` is another boot's. */
export function describeLauncher(name: string, open: (bootId?: string) => Launcher): void {
  let lab: Lab;
  let launcher: Launcher;

  const launchOf = (script: string, over: Partial<Launch['spec']> = {}): Launch => ({
    maxOutputBytes: 1024 ** 2,
    ...lab.execution(script, over),
  });
  const launch = (script: string, over: Partial<Launch['spec']> = {}) =>
    launcher.launch(launchOf(script, over), () => {});
  const begun = () => vi.waitFor(() => statSync(lab.place('runs')), { timeout: 10_000 });
  const letGo = () => writeFileSync(lab.place('go'), '');
  const reach = (state: CommandState['state'], by = launcher) =>
    vi.waitFor(
      async () => {
        const found = await by.readState(lab.run);
        expect(found.state).toBe(state);
        return found;
      },
      { timeout: 10_000 },
    );
  const kill = (signal: 'SIGTERM' | 'SIGKILL' | null, by = launcher) =>
    by.kill(lab.run, { user: currentUser(), signal });

  /** Gives the cookies of its processes. */
  const beginWithCookie = async () => {
    await launch(untilLetGo);
    await begun();
    return findProcesses(`DROVER_COMMAND=${path.basename(lab.folder)}/`).map(({ cookie }) => cookie ?? '');
  };
  const size = () => statSync(path.join(lab.run, 'output')).size;
  /** How often the command has printed, which it notes in that file. */
  const rounds = () => readFileSync(lab.place('rounds'), 'utf8').length;

  describe(`the ${name} launcher`, () => {
    beforeEach(() => {
      lab = makeLab();
      launcher = open();
    });
    afterEach(async () => {
      await lab.endAll(launcher);
      await lab.remove();
    });

    it('knows of nothing in a folder where nothing was started, and reaches nothing', async () => {
      expect(await launcher.readState(lab.run)).toEqual({ state: 'absent' });
      expect(await kill('SIGKILL')).toEqual([]);
    });

    it('runs a command to its exit status', async () => {
      await launch(untilLetGo);
      await begun();
      expect(await launcher.readState(lab.run)).toMatchObject({ state: 'running' });
      letGo();
      expect(await reach('exited')).toEqual({ state: 'exited', status: 3 });
      expect(lab.output()).toBe('first\nsecond\n');
    });

    it('gives a signal as a shell does', async () => {
      await launch('kill -TERM $$');
      expect(await reach('exited')).toEqual({ state: 'exited', status: 143 });
    });

    it('gives a command its folder, its environment and nothing else', async () => {
      await launch('pwd; env; cat', { env: { PATH: '/usr/bin:/bin', GREETING: 'hello world' } });
      await reach('exited');
      const lines = lab.output().trim().split('\n');
      expect(lines).toEqual(expect.arrayContaining([lab.cwd, 'GREETING=hello world', 'PATH=/usr/bin:/bin']));
      const names = lines.slice(1).map((line) => line.split('=')[0]);
      expect(
        names.filter(
          (variable) => !['PATH', 'GREETING', 'PWD', 'DROVER_COMMAND', '_', 'SHLVL'].includes(variable ?? ''),
        ),
      ).toEqual([]);
    });

    it('begins a command once, however often it is launched, also by another agent', async () => {
      await launch(untilLetGo);
      await begun();
      await launch(untilLetGo);
      await open().launch(launchOf(untilLetGo), () => {});
      letGo();
      await reach('exited');
      expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
      await launch(untilLetGo);
      await reach('exited');
      expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
    });

    it('finds a command of another agent, with the time that it has run, and its exit', async () => {
      await open().launch(launchOf(untilLetGo), () => {});
      await begun();
      const found = await launcher.readState(lab.run);
      const elapsedMs = found.state === 'running' ? found.elapsedMs : Number.POSITIVE_INFINITY;
      expect(elapsedMs).toBeLessThan(60_000);
      letGo();
      expect(await reach('exited')).toEqual({ state: 'exited', status: 3 });
    });

    it('reaches a command and its descendants by a signal, and counts them without one', async () => {
      await launch(`(setsid sh -c 'touch runs; ${whenLetGo}') & ${whenLetGo}`);
      await begun();
      expect((await kill(null)).length).toBeGreaterThanOrEqual(2);
      expect(lab.processes()).not.toEqual([]);
      await kill('SIGTERM');
      await reach('exited');
      await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    });

    it('reaches what a command left running after its end', async () => {
      await launch(`(setsid sh -c '${lasting} touch runs; ${whenLetGo}') & ${untilBegun}`);
      await reach('exited');
      expect((await kill(null, open())).length).toBeGreaterThanOrEqual(1);
      await kill('SIGKILL', open());
      await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    });

    it('calls a command of an earlier boot lost, and reaches nothing of it', async () => {
      await launch(untilLetGo);
      await begun();
      const later = open('of-another-boot');
      expect(await later.readState(lab.run)).toEqual({ state: 'lost' });
      expect(await kill('SIGKILL', later)).toEqual([]);
      letGo();
      await reach('exited');
    });

    describe('and the cookie of a command', () => {
      it('is another one for each command, and stands on no command line', async () => {
        const [cookie = ''] = await beginWithCookie();
        expect(cookie).toMatch(/[0-9a-f]{32}$/);
        const commands = findProcesses(lab.folder).map(({ command }) => command);
        expect(commands.join('\n')).not.toContain(cookie.slice(-32));
        letGo();
        await reach('exited');
        await launcher.launch({ ...launchOf('env'), folder: path.join(lab.folder, 'other') }, () => {});
        const other = () => readFileSync(path.join(lab.folder, 'other', 'output'), 'utf8');
        await vi.waitFor(() => expect(other()).toMatch(/^DROVER_COMMAND=.*[0-9a-f]{32}$/m));
        expect(other()).not.toContain(cookie);
      });
    });

    describe('and the output of a command', () => {
      it('is whole up to its end, whoever holds it open', async () => {
        const burst = 'head -c 65536 /dev/zero';
        await launch(`(setsid sh -c '${whenLetGo}') & ${burst}; ${burst}; ${burst}`);
        await reach('exited');
        expect(size()).toBe(3 * 65_536);
        letGo();
        await vi.waitFor(() => expect(lab.processes()).toEqual([]));
      });

      it('does not grow after its end, whoever writes on', async () => {
        const writer = `${lasting} touch runs; while [ ! -e go ]; do head -c 100000 /dev/zero; echo >>rounds; done`;
        await launch(`(setsid sh -c '${writer}') & ${untilBegun}`);
        await reach('exited');
        const before = size();
        const sofar = await vi.waitFor(rounds, { timeout: 10_000 });
        await vi.waitFor(() => expect(rounds()).toBeGreaterThan(sofar + 3), { timeout: 10_000 });
        expect(size()).toBe(before);
        letGo();
        await vi.waitFor(() => expect(lab.processes()).toEqual([]), { timeout: 10_000 });
      });

      it('is bounded without an agent: the command waits to be ended', async () => {
        const maxOutputBytes = 100_000;
        await launcher.launch({ ...launchOf('touch runs; exec yes'), maxOutputBytes }, () => {});
        await begun();
        await vi.waitFor(() => expect(size()).toBeGreaterThan(maxOutputBytes), { timeout: 10_000 });
        const wchan = () => kill(null).then(([pid = 0]) => readFileSync(`/proc/${pid}/stat`, 'utf8'));
        await vi.waitFor(async () => expect(await wchan()).toContain(') S '), { timeout: 10_000 });
        expect(size()).toBeLessThanOrEqual(maxOutputBytes + 65_536);
        await kill('SIGKILL');
        expect(await reach('exited')).toEqual({ state: 'exited', status: 137 });
      });

      it('goes nowhere beyond its limit where it is that of a service: it does not wait', async () => {
        const maxOutputBytes = 100_000;
        const spec = { keepsChildren: true };
        const script = 'touch runs; while [ ! -e go ]; do head -c 100000 /dev/zero && echo >>rounds; done';
        await launcher.launch({ ...launchOf(script, spec), maxOutputBytes }, () => {});
        await begun();
        await vi.waitFor(() => expect(rounds()).toBeGreaterThan(10), { timeout: 10_000 });
        expect(size()).toBeGreaterThan(maxOutputBytes);
        expect(size()).toBeLessThanOrEqual(maxOutputBytes + 65_536);
        letGo();
        expect(await reach('exited')).toEqual({ state: 'exited', status: 0 });
      });

      it('can be opened again by name', async () => {
        await launch('echo one >/dev/stdout; echo two >/dev/stderr; echo three');
        await reach('exited');
        expect(lab.output()).toBe('one\ntwo\nthree\n');
      });
    });

    it('gives a command no descriptor but its three', async () => {
      await launch('exec ls /proc/self/fd');
      await reach('exited');
      // The last one is the folder that ls reads.
      expect(lab.output().trim().split('\n')).toEqual(['0', '1', '2', '3']);
    });
  });
}
