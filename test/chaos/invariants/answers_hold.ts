// What was answered as accepted holds: an upgrade has its end, a rollback was done, what was cancelled did not succeed.
import type { UpgradeSummary } from '../../../shared/wire/api.js';
import type { Answer } from '../requests.js';
import type { Invariant, SeenTenant } from '../quiet_point.js';

export const answersHold: Invariant = async ({ world, tenants, upgrades }) => {
  const answers = world.requests.answers();
  return answers.flatMap((answer) => {
    const { id } = answer.upgrade;
    const known = upgrades.find((upgrade) => upgrade.id === id);
    if (known === undefined) return [`the ${answer.what} of ${id} was accepted, and the controller does not know it`];
    const wrong = judge(answer, known, { answers, tenants });
    return wrong === null ? [] : [wrong];
  });
};

function judge(
  { what, upgrade: { id, delivery } }: Answer,
  { status }: UpgradeSummary,
  { answers, tenants }: { answers: readonly Answer[]; tenants: readonly SeenTenant[] },
): string | null {
  const events = tenants.flatMap(({ journals }) => journals.get(id) ?? []);
  switch (what) {
    case 'upgrade':
      return status === 'queued' || status === 'running' ? `the upgrade ${id} is still ${status}` : null;
    case 'rollback': {
      const asked = answers.filter((other) => other.what === 'rollback' && other.upgrade.id === id).length;
      const done = events.filter(({ type }) => type === 'rollback').length;
      return done < asked ? `${asked} rollbacks of ${id} were accepted, and ${done} done` : null;
    }
    default:
      // `cancelling`: the host was away, and has promised nothing.
      return delivery.state !== 'cancelling' && status === 'success' ? `${id} was cancelled, and succeeded` : null;
  }
}
