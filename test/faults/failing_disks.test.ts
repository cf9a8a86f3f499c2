// The disk of the agent's state takes no more after each record of an upgrade, with the agent alive and killed.
import { describeFailingDisks } from '../e2e/upgrade/disk_table.js';

describeFailingDisks((records) =>
  Array.from({ length: records }, (_, index) => index + 1).flatMap((n) => [
    { n, killed: false },
    { n, killed: true },
  ]),
);
