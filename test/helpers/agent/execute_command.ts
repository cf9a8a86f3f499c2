// An agent that has one command to run, for tests that kill it: `execute_command.js '{"folder", "label", "spec"}'`.
import { z } from 'zod';
import { makeId } from '../../../shared/os/ids.js';
import { executeCommand } from '../../../agent/command/execute.js';
import { makeSecret } from '../../../agent/command/plain/cookie.js';
import { createPlainLauncher, readBootId } from '../../../agent/command/plain/launch.js';
import { currentUser } from '../../../agent/command/user.js';
import { systemClock } from '../../../shared/os/clock.js';

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
  launcher: createPlainLauncher({
    agentUid: currentUser().uid,
    bootId: readBootId(),
    clock: systemClock,
    makeId,
    makeSecret,
  }),
  clock: systemClock,
  graceMs: 1000,
  cancel: never,
  shutdown: never,
});
