// The hooks and migrations of a result: those that ran, with how they ended, and the hooks that an operator marked.
import { explainExit } from '../os/exit_status.js';
import type { Event, EventOf } from './journal/events.js';
import type { LineKeeper } from './journal/line_keeper.js';
import { phases, type Phase, type Plan } from './plan/plan.js';
import type { StepName } from './step_names.js';

export interface HookList {
  add(event: Event): void;
  /** `post-pull: v0.3.28.sh - OK`, in the order in which they ran, with those an operator marked. */
  listHooks(plan: Plan | null): string[];
  /** The migrations that succeeded, in the order in which they ran. */
  listMigrations(): string[];
}

interface Ran {
  key: string;
  hook: { phase: Phase; file: string } | null;
  migration: string | null;
}

/** None at first; `lines` bounds how many are kept. */
export function createHookList(lines: LineKeeper): HookList {
  const ran: Ran[] = [];
  /** The last exit of each kept command by its key, null before it: a lost command may run again. */
  const exits = new Map<string, EventOf<'exit'> | null>();
  const begun = new Set<StepName>();

  function addCommand({ key, hook, migration }: EventOf<'command'>): void {
    if (hook === undefined && migration === undefined) return;
    const before = ran.length;
    lines.keep(ran, {
      key,
      hook: hook === undefined ? null : { phase: hook.phase, file: hook.file },
      migration: migration ?? null,
    });
    if (ran.length > before && !exits.has(key)) exits.set(key, null);
  }

  return {
    add(event) {
      if (event.type === 'step-begin') begun.add(event.step);
      if (event.type === 'command') addCommand(event);
      if (event.type === 'exit' && exits.has(event.key)) exits.set(event.key, event);
    },
    listHooks(plan) {
      const marked = (plan?.hooks ?? []).flatMap(({ phase, file, mark }) => {
        if (mark === null || !begun.has(hookStep(phase))) return [];
        return [{ phase, text: `${file} - ${mark.as === 'done' ? 'MARKED DONE' : 'SKIPPED'} (${mark.reason})` }];
      });
      const ended = ran.flatMap(({ key, hook }) => {
        const exit = exits.get(key) ?? null;
        return hook === null || exit === null
          ? []
          : [{ phase: hook.phase, text: `${hook.file} - ${describeHookExit(exit)}` }];
      });
      return phases.flatMap((phase) =>
        [...marked, ...ended].filter((entry) => entry.phase === phase).map(({ text }) => `${phase}: ${text}`),
      );
    },
    listMigrations: () =>
      ran.flatMap(({ key, migration }) => (migration !== null && exits.get(key)?.code === 0 ? [migration] : [])),
  };
}

/** The name of the step at which the hooks of a phase run. */
function hookStep(phase: Phase): StepName {
  return `hooks-${phase}`;
}

function describeHookExit(exit: EventOf<'exit'>): string {
  if (exit.cause === 'exited' && exit.code === 0) return 'OK';
  const causes = {
    exited: explainExit(exit),
    'time-limit': 'time limit',
    'output-limit': 'too much output',
    cancelled: 'cancelled',
    lost: 'lost',
  };
  return exit.cause === 'lost' ? 'LOST (nobody knows how it ended)' : `FAILED (${causes[exit.cause]})`;
}
