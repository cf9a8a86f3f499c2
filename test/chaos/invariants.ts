// The table of what must hold at every quiet point of a chaos run.
import { answersHold } from './invariants/answers_hold.js';
import { nothingLeft } from './invariants/nothing_left.js';
import { onceEach } from './invariants/once_each.js';
import { oneVersion } from './invariants/one_version.js';
import { sameLogs } from './invariants/same_logs.js';
import { wholeData } from './invariants/whole_data.js';
import type { Invariant } from './quiet_point.js';

export const invariants: Readonly<Record<string, Invariant>> = {
  'each tenant is healthy and on one version': oneVersion,
  'no data is lost': wholeData,
  'the logs are the same': sameLogs,
  'no command ran twice': onceEach,
  'nothing is left': nothingLeft,
  'what was answered holds': answersHold,
};
