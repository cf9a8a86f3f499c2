// The program `drover` against the real HTTP side, in this process: what it printed, and its exit code.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { droverProgram } from '../../../../controller/cli/drover_program.js';
import { systemClock, type Clock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { runProgram } from '../../../../shared/terminal/program.js';
import { serve, token, type Api, type Served } from '../../../helpers/controller/serve_api.js';
import type { FakeKeyboard } from '../../../helpers/fake_terminal.js';
import { fakeStream } from '../../../unit/agent/cli/fake_world.js';

export interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Started {
  done: Promise<Run>;
  /** What it has written so far. */
  written(): string;
  /** Types into its keyboard. */
  type(text: string): void;
  /** As Ctrl-C does. */
  interrupt(): void;
  /** Resolves once it has written this, wherever. */
  prints(words: string): Promise<void>;
}

interface Surroundings {
  isTTY?: boolean;
  /** What is typed, or a terminal whose keys the test presses. */
  stdin?: string | FakeKeyboard;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

export type Operator = Served & Operating;

export interface Operating {
  home: string;
  begin: (words: readonly string[], options?: Surroundings) => Started;
  drover: (...words: string[]) => Promise<Run>;
}

/** What is waited for between attempts and looks is over at once. */
const hastyClock: Clock = {
  ...systemClock,
  wait: (ms, signal) => (ms < 45_000 ? systemClock.wait(5, signal) : systemClock.wait(ms, signal)),
};

/** An operator with a home of their own, whose environment names the controller: a new one over a fleet in memory. */
export async function useOperator(options: Parameters<typeof serve>[0] = {}): Promise<Operator> {
  return operate(await serve(options));
}

/** The same of a controller that is served already. */
export function operate<Of extends Pick<Api, 'url'>>(served: Of): Of & Operating {
  const home = mkdtempSync(path.join(tmpdir(), 'drover_home_'));
  onTestFinished(() => rmSync(home, { recursive: true }));

  const begin: Operating['begin'] = (words, { isTTY = false, stdin = '', env, columns = 80, rows = 24 } = {}) => {
    const [stdout, stderr] = [fakeStream(isTTY), fakeStream(isTTY)].map((stream) =>
      Object.assign(stream, { columns, rows }),
    );
    if (stdout === undefined || stderr === undefined) throw new Error('no streams');
    const written = () => stdout.written + stderr.written;
    const listeners = new Set<() => void>();
    const waiting: { words: string; resolve: () => void }[] = [];
    for (const stream of [stdout, stderr]) {
      const write = stream.write.bind(stream);
      stream.write = (text) => {
        write(text);
        for (const { words, resolve } of waiting) if (written().includes(words)) resolve();
      };
    }
    const run = runProgram(words, {
      program: droverProgram,
      world: {
        env: { HOME: home, ...(env ?? { DROVER_URL: served.url, DROVER_TOKEN: token }) },
        stdin: typeof stdin === 'string' ? Readable.from([stdin]) : stdin,
        stdout,
        stderr,
        program: ['false'],
        readVersion: () => '1.2.3',
        clock: hastyClock,
        random: Math.random,
        makeId,
        onSignal(_signal, listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
    });
    const done = run.then((exitCode) => ({ exitCode, stdout: stdout.written, stderr: stderr.written }));
    return {
      done,
      written,
      type: (text) => void (typeof stdin === 'string' || stdin.write(text)),
      interrupt: () => {
        for (const listener of listeners) listener();
      },
      async prints(words) {
        const said = new Promise<void>((resolve) => waiting.push({ words, resolve }));
        if (!written().includes(words)) await Promise.race([said, done]);
        if (!written().includes(words)) throw new Error(`it ended without ${words}: ${written()}`);
      },
    };
  };
  return { ...served, home, begin, drover: (...words) => begin(words).done };
}
