// The order of the test files: those that take longest first, so that no worker ends with one of them alone.
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Each takes half a minute or more alone on a machine with two cores; longest first. */
const longest = [
  'e2e/demo',
  'e2e/upgrade/operator',
  'systemd/units',
  'e2e/upgrade/failures',
  'e2e/upgrade/undos',
  'e2e/drover/watching',
  'integration/agent/tenant/requirements/venv',
  'e2e/tenants/python',
  'e2e/drover/away',
  'e2e/agent/cli/with_agent',
  'e2e/upgrade/killed',
  'e2e/upgrade/power_cut',
];

/** End-to-end tests after those, then integration; unit tests fill the end. */
const projects = ['e2e', 'systemd', 'integration', 'unit'];

function rank({ moduleId, project }: TestSpecification): number {
  const name = path.relative(project.config.root, moduleId).replace(/\.test\.ts$/, '');
  const known = longest.indexOf(name);
  return known === -1 ? longest.length + projects.indexOf(project.name) : known;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((left, right) => rank(left) - rank(right));
  }
}
