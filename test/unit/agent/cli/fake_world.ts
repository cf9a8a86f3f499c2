// A process's surroundings for the command line, of which a test can read what was written.
import { Readable } from 'node:stream';
import type { World } from '../../../../shared/terminal/program.js';
import { systemClock } from '../../../../shared/os/clock.js';

export interface FakeStream {
  written: string;
  isTTY: boolean;
  columns: number;
  write(text: string): void;
}

export function fakeStream(isTTY = false): FakeStream {
  return {
    written: '',
    isTTY,
    columns: 80,
    write(text) {
      this.written += text;
    },
  };
}

export function fakeWorld(env: Record<string, string> = {}) {
  const stdout = fakeStream();
  const stderr = fakeStream();
  const world: World = {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr,
    program: ['false'],
    readVersion: () => '1.2.3',
    clock: systemClock,
    random: Math.random,
    makeId: () => 'id',
    onSignal: () => () => undefined,
  };
  return { world, stdout, stderr };
}
