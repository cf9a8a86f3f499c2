// Small scripts that run Drover's programs with the demo's files, so that commands are short to read and to type.
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoController } from './app/make_controller.js';
import type { DemoHost } from './app/make_host.js';
import { quoteWord } from '../../shared/os/quote_word.js';

const compiled = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const execute = (...words: string[]) => `exec ${[process.execPath, ...words].map(quoteWord).join(' ')} "$@"`;

/** Writes `drover-agent` into `bin`, and with a controller also `drover-controller` and `drover`. */
export async function writeWrappers(
  bin: string,
  { host, controller }: { host: DemoHost; controller: DemoController | null },
): Promise<void> {
  await writeAgentWrapper(bin, { program: 'drover-agent', host });
  if (controller === null) return;
  await write(path.join(bin, 'drover-controller'), [
    execute(compiled('controller/main.js'), '--config', controller.configFile),
  ]);
  await write(path.join(bin, 'drover'), [
    '# This uses the contexts of the demo, not your own.',
    'unset DROVER_URL DROVER_TOKEN',
    `export XDG_CONFIG_HOME=${quoteWord(controller.contextsHome)}`,
    execute(compiled('controller/cli/main.js')),
  ]);
}

/** Writes `drover-agent` for one host, under the name of `program`. */
export async function writeAgentWrapper(
  bin: string,
  { program, host }: { program: string; host: DemoHost },
): Promise<void> {
  await write(path.join(bin, program), [execute(compiled('agent/main.js'), '--config', host.configFile)]);
}

async function write(file: string, script: readonly string[]): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${script.join('\n')}\n`);
  await chmod(file, 0o755);
}
