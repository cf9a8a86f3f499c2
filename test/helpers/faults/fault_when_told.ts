// Loaded before the agent (`node --import`): runs a script right after the agent has written an event of a journal that the
// test has named, before it does anything else. No product code refers to it.
//
// FAULT_FOLDER holds one file per fault: its first line is a part of the event's line, the rest is a script of bash. Each
// happens once, whichever agent it meets.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const folder = process.env['FAULT_FOLDER'] ?? '/nonexistent';
const { writeSync } = fs;

function writeAndFail(...args: Parameters<typeof writeSync>): number {
  const written = writeSync(...args);
  const [, text] = args;
  if (typeof text === 'string' && text.includes('"at":"')) failAt(text);
  return written;
}

function failAt(text: string): void {
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const file = path.join(folder, name);
    const [part = '', ...script] = fs.readFileSync(file, 'utf8').split('\n');
    if (!text.includes(part)) continue;
    fs.rmSync(file);
    execFileSync('bash', ['-c', script.join('\n')], { stdio: 'ignore' });
  }
}

Object.assign(fs, { writeSync: writeAndFail });
syncBuiltinESMExports();
