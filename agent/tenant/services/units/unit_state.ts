// What the properties of a unit say of it.
import type { Unit } from './systemctl.js';

/** Its ActiveState. */
export function stateOf(unit: Unit): string {
  return unit.properties.get('ActiveState') ?? 'unknown';
}

/** A unit in `auto-restart` has crashed and waits for its next start. */
export function hasCrashed(unit: Unit): boolean {
  return stateOf(unit) === 'failed' || (unit.properties.get('SubState') ?? '').startsWith('auto-restart');
}

/** `activating` counts: a unit that waits for its automatic restart was running. */
export function isUp(unit: Unit): boolean {
  return ['active', 'activating', 'reloading', 'refreshing'].includes(stateOf(unit));
}

/** True while it stops. */
export function isStopping(unit: Unit): boolean {
  return stateOf(unit) === 'deactivating';
}

/** True for one that may be down though it was started: it ends by itself, or a timer, socket or path starts it. */
export function mayRest({ properties }: Unit): boolean {
  const isOneshot = properties.get('Type') === 'oneshot';
  return isOneshot || (properties.get('TriggeredBy') ?? '') !== '';
}

/** True for a name such as `web.service`. */
export function isService(name: string): boolean {
  return name.endsWith('.service');
}

/** Why one cannot be stopped and started, and what to do. */
interface Problem {
  problem: string;
  remedy: string;
}

/** Why these units cannot be stopped and started, all of them and no others. */
export function describeProblems(units: readonly Unit[]): Problem[] {
  return [...units.flatMap((unit) => describeProblem(unit) ?? []), ...describeUnlisted(units)];
}

function describeProblem({ name, properties }: Unit): Problem | null {
  const correct = 'correct `services` in the tenant file.';
  const loadState = properties.get('LoadState') ?? 'unknown';
  switch (loadState) {
    case 'loaded':
      break;
    case 'not-found':
      return { problem: `${name} does not exist`, remedy: `Install ${name}, or ${correct}` };
    case 'masked':
      return { problem: `${name} is masked`, remedy: `Run \`systemctl unmask ${name}\`, or ${correct}` };
    default:
      return { problem: `${name} cannot be loaded (${loadState})`, remedy: `\`systemctl status ${name}\` says why.` };
  }
  if (properties.get('NeedDaemonReload') === 'yes') {
    return {
      problem: `the files of ${name} have changed since systemd read them`,
      remedy: 'Run `systemctl daemon-reload`.',
    };
  }
  const refused = findRefused(properties);
  if (refused === null) return null;
  return { problem: `${name} refuses to be ${refused}`, remedy: `Change ${name}, or ${correct}` };
}

function findRefused(properties: Unit['properties']): string | null {
  if (properties.get('CanStart') === 'no') return 'started by hand (RefuseManualStart)';
  return properties.get('CanStop') === 'no' ? 'stopped by hand (RefuseManualStop)' : null;
}

/** What is started or stopped together with one of these units, and is none of them. */
function describeUnlisted(units: readonly Unit[]): Problem[] {
  const listed = new Set(units.flatMap((unit) => [unit.name, ...namesIn(unit, 'Names')]));
  return units.flatMap((unit) => {
    // A target is nothing but the units that it brings: its boot guard does not hold them back, and its stop waits for none.
    const bound = unit.name.endsWith('.target') ? ['ConsistsOf', 'Wants', 'Requires'] : ['ConsistsOf'];
    const others = bound.flatMap((key) => namesIn(unit, key)).filter((name) => isWork(name) && !listed.has(name));
    return [...new Set(others)].map((name) => ({
      problem: `${unit.name} starts or stops ${name}, which is not listed`,
      remedy: 'List all units that make up the tenant under `services` in the tenant file.',
    }));
  });
}

/** Not those that systemd adds by itself, such as slices and mounts. */
const isWork = (name: string) => /\.(service|socket|timer|path)$/.test(name);

/** systemctl writes a name that has a backslash in quotes, and the backslash twice. */
function namesIn({ properties }: Unit, key: string): string[] {
  const words = (properties.get(key) ?? '').split(' ').filter(Boolean);
  return words.map((word) => word.replaceAll('"', '').replaceAll(String.raw`\\`, '\\'));
}
