// For every file of end-to-end tests: it fails when an agent or a controller that it started kept its event loop
// blocked (see judge_loops.ts), while the control process was on time.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, inject } from 'vitest';
import { describeBlock, judgeLoops, parseLateness } from './judge_loops.js';

const folder = inject('loops');
const file = path.join(folder, String(process.pid));
process.env['DROVER_TEST_LOOPS'] = file;

const read = (name: string) => (existsSync(name) ? parseLateness(readFileSync(name, 'utf8')) : []);

afterAll(() => {
  const blocks = judgeLoops(read(file), read(path.join(folder, 'control')));
  if (blocks.length > 0) throw new Error(blocks.map(describeBlock).join('\n'));
});
