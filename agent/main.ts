#!/usr/bin/env node
// The program `drover-agent`: wires the process to the command line, and reads its words and environment nowhere else.
// oxlint-disable-next-line import/no-unassigned-import -- it acts by being the first to be loaded
import './cli/small_heap.js';
import { readFileSync } from 'node:fs';
import { systemClock } from '../shared/clock.js';
import { makeId } from '../shared/ids.js';
import { runProgram } from '../shared/terminal/program.js';
import { agentProgram } from './cli/agent_program.js';

/** A reader that has gone (`| head`) ends the program, with the code that a shell gives to a broken pipe. */
process.stdout.on('error', () => process.exit(141));
process.stderr.on('error', () => undefined);

const exitCode = await runProgram(process.argv.slice(2), {
  program: agentProgram,
  world: {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    program: [process.execPath, import.meta.filename],
    readVersion: () => findVersion(import.meta.dirname),
    clock: systemClock,
    makeId,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => void process.off(signal, listener);
    },
  },
});
// What a failed start leaves open must not keep the process; standard output is written synchronously.
process.exit(exitCode);

/** The version of the package that this file lies in. */
function findVersion(folder: string): string {
  for (const place of ['..', '../..']) {
    try {
      const [, version] = /"version": "([^"]+)"/.exec(readFileSync(`${folder}/${place}/package.json`, 'utf8')) ?? [];
      if (version !== undefined) return version;
    } catch {
      // The next place: source and compiled program lie at different depths.
    }
  }
  return 'unknown';
}
