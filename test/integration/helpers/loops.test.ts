// The monitor of event loops catches a program that blocks its own, and blames none for what the machine does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { judgeLoops, parseLateness, type Lateness } from '../../helpers/loops/judge_loops.js';
import { monitorArgs } from '../../helpers/loops/monitor_args.js';

/** A program that listens, is blocked by `body` after 100 ms, and ends soon after it. */
async function watchProgram(body: string, act: (pid: number) => Promise<void> = async () => {}): Promise<Lateness[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-loops-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'program');
  const { args, env } = monitorArgs({ file, minMs: 100, from: 'listen' });
  const script = `
    const { spawnSync } = require('node:child_process');
    require('node:net').createServer().listen(0, '127.0.0.1');
    setTimeout(() => { process.stdout.write('ready'); ${body}; setTimeout(() => process.exit(0), 200); }, 100);`;
  const child = spawn(process.execPath, [...args, '--eval', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await act(child.pid ?? 0);
  await ended;
  try {
    return parseLateness(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

it.each([
  {
    what: 'computes for 400 ms',
    body: 'for (const from = process.cpuUsage().user; process.cpuUsage().user < from + 400_000; );',
  },
  { what: 'waits for another program for 1.2 s', body: "spawnSync('sleep', ['1.2'])" },
])('a program that $what and does nothing else is found', async ({ body }) => {
  expect(judgeLoops(await watchProgram(body), [])).toMatchObject([{ pid: expect.any(Number) }]);
});

it('a program that a test stops for 1.2 s is not blamed', async () => {
  const found = await watchProgram('', async (pid) => {
    process.kill(pid, 'SIGSTOP');
    await sleep(1200);
    process.kill(pid, 'SIGCONT');
  });
  expect(judgeLoops(found, [])).toEqual([]);
});

const lateness = (fromMs: number, toMs: number, computedMs = toMs - fromMs): Lateness => {
  return { program: 'agent', pid: 1, fromMs, toMs, computedMs, blockedMs: toMs - fromMs };
};

it('a block counts only where the control process was on time, and as far as the program has caused it', () => {
  const block = lateness(1000, 1400);
  expect(judgeLoops([block], [])).toEqual([block]);
  expect(judgeLoops([block], [lateness(0, 900), lateness(1500, 1600)])).toEqual([block]);
  expect(judgeLoops([block], [lateness(1100, 1160)])).toEqual([]);
  expect(judgeLoops([lateness(1000, 1400, 200)], [])).toEqual([]);
});
