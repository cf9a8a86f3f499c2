// What the failures of a group said: the words of one of them, because those of its signature name nothing.
import type { FailureGroup } from '../../../shared/wire/rollouts_api.js';
import type { UpgradeReads } from '../../store/port.js';
import type { StoredTarget } from '../../store/rollouts.js';

const maxGroups = 10;
const maxLines = 3;

/** The first groups with message and last output of their first example; the others as they are. */
export async function readCauses(
  groups: readonly FailureGroup[],
  { targets, upgrades }: { targets: readonly StoredTarget[]; upgrades: Pick<UpgradeReads, 'readResult'> },
): Promise<FailureGroup[]> {
  const said: FailureGroup[] = [];
  for (const group of groups.slice(0, maxGroups)) {
    const example = targets.find(({ slug }) => slug === group.examples[0]);
    const id = example?.upgrade ?? null;
    const failure = id === null ? null : ((await upgrades.readResult(id))?.failure ?? null);
    said.push(
      failure === null ? group : { ...group, message: failure.message, output: lastLines(failure.output_tail) },
    );
  }
  return [...said, ...groups.slice(maxGroups)];
}

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-maxLines);
}
