// The supervisor: the short program between a command and what started it.
import os from 'node:os';
import type { CommandSpec } from '../spec.js';
import { becomeUser, enterCommand, textsOf } from './enter.js';
import { supervisorProgram } from './supervisor.js';

/** The numbers of the system calls prctl and splice, by the names that Node gives to architectures. */
const systemCalls: Readonly<Record<string, readonly [prctl: number, splice: number]>> = {
  arm: [172, 340],
  arm64: [167, 76],
  ia32: [172, 313],
  loong64: [167, 76],
  ppc64: [171, 283],
  riscv64: [167, 76],
  s390x: [172, 306],
  x64: [157, 275],
};
const unknownCalls = [-1, -1] as const;

export interface Supervision {
  folder: string;
  spec: CommandSpec;
  maxOutputBytes: number;
  /**
   * The boot as the agent knows it, which writes it down as well. In a container the supervisor of a unit may see another
   * one: protections of the agent's unit put the kernel's own in the place of the container's.
   */
  bootId: string;
}

/**
 * The whole argv of a supervised command, whose environment is in the run folder.
 *
 * The supervisor runs as the agent's user, in a session of its own, and outlives the agent. `started` is created
 * exclusively, so of two supervisors in one folder only one continues; where it cannot be written in full, or no
 * process is free, it is removed, as nothing has begun. Signals to its session do not end it before it has written
 * `exit`; its children do not inherit that. It is two processes, of which either may be killed.
 *
 * stdout and stderr are one pipe, which keeps their order. The supervisor copies it to `output`, so nothing that the
 * command leaves behind has that file open, and the file does not grow once `exit` is written. It waits for the
 * command, not for the end of the pipe; what the pipe holds when the command ends is copied, and what others write to
 * it later goes nowhere. Over the limit it stops reading: the command blocks until an agent ends it. A command that
 * keeps its children may be a service that no agent looks after any more: what it prints then goes nowhere. Where `output`
 * takes no more, the command gets SIGPIPE, and has failed if something of its output is lost.
 *
 * Files that must be durable are synced before `exit` is written, and a failed sync fails the command. The supervisor's
 * own exit status equals `exit`, in case the disk is full.
 */
export function superviseCommand(supervision: Supervision, agentUid: number): [string, ...string[]] {
  return ['perl', '-e', supervisorProgram, '--', ...wordsOfSupervisor(supervision, agentUid)];
}

/** What the supervisor's program gets as its arguments. */
export function wordsOfSupervisor({ folder, spec, maxOutputBytes, bootId }: Supervision, agentUid: number): string[] {
  const { stdin = '/dev/null', user, keepsChildren = false } = spec;
  const sync = syncFileSystems(spec, agentUid);
  const calls = systemCalls[os.arch()] ?? unknownCalls;
  const numbers = [maxOutputBytes, Number(keepsChildren), user.uid, ...calls, sync.length].map(String);
  return [folder, stdin, bootId, ...numbers, ...sync, ...enterCommand(spec, agentUid)];
}

/** The command that syncs; empty where nothing needs a sync. */
function syncFileSystems({ durable }: CommandSpec, agentUid: number): string[] {
  if (durable === undefined || durable.folders.length === 0) return [];
  return [...becomeUser(durable.user, agentUid), 'sync', '-f', '--', ...textsOf(durable.folders)];
}
