// An agent that has one command to run, for tests that kill it: `execute_command.js '{"folder", "label", "spec"}'`; with
// `"launcher": "systemd"` in a unit.
import { z } from 'zod';
import { executeCommand } from '../../../agent/command/execute.js';
import { systemClock } from '../../../shared/os/clock.js';
import { openLaunchers } from './in_process_host.js';

const workSchema = z.object({
  folder: z.string(),
  label: z.string(),
  launcher: z.enum(['plain', 'systemd']).default('plain'),
  spec: z.object({
    title: z.string(),
    argv: z.tuple([z.string()], z.string()),
    user: z.object({ name: z.string(), uid: z.number(), gid: z.number(), home: z.string() }),
    cwd: z.string(),
    env: z.record(z.string(), z.string()),
    timeLimitMs: z.number(),
  }),
});

const never = new AbortController().signal;
const { launcher, spec, ...work } = workSchema.parse(JSON.parse(process.argv[2] ?? ''));
const limits = { tasks: 1000, memory: 'unlimited', cpu_weight: 100 } as const;
await executeCommand({
  ...work,
  spec: { ...spec, unit: { tenant: 'testsite', limits } },
  launcher: openLaunchers(launcher),
  clock: systemClock,
  graceMs: 1000,
  cancel: never,
  shutdown: never,
});
