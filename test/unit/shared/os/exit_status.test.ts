import { expect, test } from 'vitest';
import { describeStatus, explainExit } from '../../../../shared/os/exit_status.js';

test.each([
  [0, 'exit 0'],
  [1, 'exit 1'],
  [126, 'exit 126: found, but it could not be executed'],
  [127, 'exit 127: a command was not found'],
  [128, 'exit 128'],
  [134, 'ended by SIGABRT'],
  [137, 'ended by SIGKILL'],
  [143, 'ended by SIGTERM'],
  [255, 'exit 255'],
])('a status of %i reads: %s', (status, words) => {
  expect(explainExit(describeStatus(status))).toBe(words);
});
