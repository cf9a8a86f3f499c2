// An agent that has one command to run, for tests that kill it: `execute_command.js '{"folder", "label", "spec"}'`.
import { z } from 'zod';
import { executeCommand } from '../../../agent/command/execute.js';
import { systemClock } from '../../../shared/os/clock.js';
import { openLauncher } from './in_process_host.js';

const workSchema = z.object({
  folder: z.string(),
  label: z.string(),
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
await executeCommand({
  ...workSchema.parse(JSON.parse(process.argv[2] ?? '')),
  launcher: openLauncher(),
  clock: systemClock,
  graceMs: 1000,
  cancel: never,
  shutdown: never,
});
