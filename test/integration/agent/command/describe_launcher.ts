// The contract of the port to launchers: what every launcher promises, held by each of them.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandState, Launch, Launcher } from '../../../../agent/command/launcher.js';
import { makeLab, type Lab } from './lab.js';

const whenLetGo = 'while [ ! -e go ]; do sleep 0.01; done';
const untilLetGo = `echo run >>runs; echo first; echo second >&2; ${whenLetGo}; exit 3`;

/** `open` gives the launcher of another agent of this host at each call; `bootId` is another boot's. */
export function describeLauncher(name: string, open: (bootId?: string) => Launcher): void {
  let lab: Lab;
  let launcher: Launcher;

  const launchOf = (script: string, over: Partial<Launch['spec']> = {}): Launch => lab.execution(script, over);
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
    by.kill(lab.run, { cookie: path.basename(lab.folder), signal });

  describe(`the ${name} launcher`, () => {
    beforeEach(() => {
      lab = makeLab();
      launcher = open();
    });
    afterEach(async () => {
      await vi.waitFor(async () => expect(await kill('SIGKILL')).toBe(0), { timeout: 10_000 });
      await lab.remove();
    });

    it('knows of nothing in a folder where nothing was started, and reaches nothing', async () => {
      expect(await launcher.readState(lab.run)).toEqual({ state: 'absent' });
      expect(await kill('SIGKILL')).toBe(0);
    });

    it('runs a command to its exit status, and says when that is there', async () => {
      const onExit = vi.fn<() => void>();
      await launcher.launch(launchOf(untilLetGo), onExit);
      await begun();
      expect(await launcher.readState(lab.run)).toMatchObject({ state: 'running' });
      letGo();
      expect(await reach('exited')).toEqual({ state: 'exited', status: 3 });
      await vi.waitFor(() => expect(onExit).toHaveBeenCalled());
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
      expect(await kill(null)).toBeGreaterThanOrEqual(2);
      expect(lab.processes()).not.toEqual([]);
      await kill('SIGTERM');
      await reach('exited');
      await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    });

    it('reaches what a command left running after its end', async () => {
      await launch(`(setsid sh -c 'touch runs; ${whenLetGo}') & while [ ! -e runs ]; do sleep 0.01; done`);
      await reach('exited');
      expect(await kill(null, open())).toBeGreaterThanOrEqual(1);
      await kill('SIGKILL', open());
      await vi.waitFor(() => expect(lab.processes()).toEqual([]));
    });

    it('calls a command of an earlier boot lost, and reaches nothing of it', async () => {
      await launch(untilLetGo);
      await begun();
      const later = open('of-another-boot');
      expect(await later.readState(lab.run)).toEqual({ state: 'lost' });
      expect(await kill('SIGKILL', later)).toBe(0);
      letGo();
      await reach('exited');
    });

    it('calls a command lost of which neither a process nor an exit status is left', async () => {
      await launch(untilLetGo);
      await begun();
      const left = open();
      const [, stat = ''] = readFileSync(path.join(lab.run, 'started'), 'utf8').split('\n');
      process.kill(-Number.parseInt(stat, 10), 'SIGKILL');
      await vi.waitFor(() => expect(lab.processes()).toEqual([]));
      expect(await reach('lost', left)).toEqual({ state: 'lost' });
      expect(existsSync(path.join(lab.run, 'exit'))).toBe(false);
    });
  });
}
