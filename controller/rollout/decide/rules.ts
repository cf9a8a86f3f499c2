// The rules that hold a target back, in the order in which they are asked: the first reason is the one that is shown.
import type { Rule } from './rule.js';
import { busy } from './rules/busy.js';
import { failedBefore } from './rules/failed_before.js';
import { frozen } from './rules/frozen.js';
import { catchingUp, offline, reconnect } from './rules/host.js';
import { planChanged } from './rules/plan_changed.js';
import { hostBusy, maxParallel } from './rules/slots.js';
import { stopped } from './rules/stopped.js';
import { wave } from './rules/wave.js';
import { window } from './rules/window.js';

export const rules: readonly Rule[] = [
  wave,
  stopped,
  frozen,
  window,
  planChanged,
  failedBefore,
  busy,
  offline,
  catchingUp,
  reconnect,
  hostBusy,
  maxParallel,
];

/** Reasons that do not hold a wave: somebody has to act, or a host has to come back. */
export const leftBehind: ReadonlySet<string> = new Set(['offline', 'plan-changed', 'failed-before']);

/** Reasons that end in giving a target up: nothing of the rollout's own ends them. */
export const givenUp: ReadonlySet<string> = new Set([
  'offline',
  'catching-up',
  'plan-changed',
  'failed-before',
  'busy',
]);
