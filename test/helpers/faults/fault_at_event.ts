// Loaded before the agent (`node --import`): runs the test's script right after the agent has written the journal's event
// n, before it does anything else. No product code refers to it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const wanted = `"n":${process.env['FAULT_AT_EVENT']},"at":"`;
const script = process.env['FAULT_SCRIPT'] ?? 'false';
const { writeSync } = fs;
let isDone = false;

function writeAndFail(...args: Parameters<typeof writeSync>): number {
  const written = writeSync(...args);
  if (!isDone && typeof args[1] === 'string' && args[1].includes(wanted)) {
    isDone = true;
    execFileSync('bash', ['-c', script], { stdio: 'ignore' });
  }
  return written;
}

Object.assign(fs, { writeSync: writeAndFail });
syncBuiltinESMExports();
