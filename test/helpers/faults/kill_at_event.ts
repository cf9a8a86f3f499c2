// Loaded before the agent (`node --import`): kills the process right after it has written the journal's event n, before it
// does anything else. No product code refers to it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const wanted = `"n":${process.env['KILL_AT_EVENT']},"at":"`;
const { writeSync } = fs;

function writeAndDie(...args: Parameters<typeof writeSync>): number {
  const written = writeSync(...args);
  if (typeof args[1] === 'string' && args[1].includes(wanted)) process.kill(process.pid, 'SIGKILL');
  return written;
}

Object.assign(fs, { writeSync: writeAndDie });
syncBuiltinESMExports();
