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

/** Why it cannot be stopped and started, and what to do; null where it can. */
export function describeProblem({ name, properties }: Unit): { problem: string; remedy: string } | null {
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
