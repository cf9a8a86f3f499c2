// Six projects: `unit` is the inner loop; `integration` and `e2e` use real git, processes and databases; `systemd` boots a
// machine; `inside` runs in one, started by a test of `systemd`; `faults` is the long tables.
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './helpers/runner/longest_first.js';
import { chooseFolder } from './helpers/runner/memory_folder.js';

const env = chooseFolder();
const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`${name}/**/*.test.ts`], root: import.meta.dirname, env, ...extra },
});

export default defineConfig({
  test: {
    root: import.meta.dirname,
    // Tests wait for processes, too: a worker for each core would leave a part of a small machine idle.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './helpers/runner/summary_reporter.ts'],
    projects: [
      project('unit', {
        include: ['unit/**/*.test.ts', 'architecture/**/*.test.ts', 'documents.test.ts'],
        isolate: false,
        testTimeout: 60_000,
      }),
      project('integration', { isolate: false, testTimeout: 60_000, hookTimeout: 60_000 }),
      project('e2e', {
        testTimeout: 300_000,
        hookTimeout: 120_000,
        globalSetup: './helpers/loops/control_process.ts',
        setupFiles: './helpers/loops/watch_loops.ts',
      }),
      project('systemd', { testTimeout: 120_000, hookTimeout: 120_000 }),
      project('inside', { isolate: false, testTimeout: 60_000 }),
      project('faults', {
        include: [
          'faults/**/*.test.ts',
          'e2e/upgrade/{failures,undos,refusals}.test.ts',
          'e2e/controller/repeated_commands.test.ts',
          'e2e/hostile/fuzz.test.ts',
          'e2e/hostile/odd_tenant_files.test.ts',
          'integration/hostile/config_values.test.ts',
        ],
        env: { ...env, TEST_SAMPLES: 'all' },
        testTimeout: 3_600_000,
        hookTimeout: 120_000,
      }),
    ],
  },
});
