// `drover-agent check`: all mistakes of agent.yaml and the tenant files at once, without a running agent.
import path from 'node:path';
import { z } from 'zod';
import { indent, showSafely } from '../../../shared/terminal/screen/format.js';
import { flag } from '../../../shared/terminal/inputs.js';
import { renderProblem } from '../../../shared/terminal/render_tenants.js';
import type { Style } from '../../../shared/terminal/screen/style.js';
import { loadAgentConfig } from '../../config/load.js';
import { defineCommand } from '../agent_command.js';
import { checkHost, type CheckedFile } from '../check_host.js';

export const command = defineCommand({
  arguments: ['[files...]'],
  options: { '--offline': 'read files and folders only: try no remote, no service and no health check' },
  help: `Reads agent.yaml and the tenant files as the agent does, with or without a
running one, and tells every mistake by file, line and key. Files that are named
are checked as if they were in the folder of tenant files, and only they are told.

Examples:
  drover-agent check
  drover-agent check --offline
  drover-agent check ./testsite.yaml

Exit codes: 0 nothing is wrong (there may be warnings), 2 something is.
`,
  input: z.object({ files: z.array(z.string().min(1)).default([]), offline: flag }),
  async execute({ screen, json, configFile }, { files, offline }) {
    // Its own mistakes are an error that names them all.
    const config = await loadAgentConfig(configFile);
    const wanted = files.map((file) => path.resolve(file));
    const checked = await checkHost(config, { files: wanted, isOnline: !offline });
    const isRight = checked.every(({ problems }) => problems.length === 0);
    if (json) screen.printJson({ ok: isRight, agent_file: config.file, files: checked });
    else screen.print(render(checked, config.file, screen.style));
    return isRight ? 0 : 2;
  },
});

function render(checked: readonly CheckedFile[], agentFile: string, style: Style): string {
  const told = checked.flatMap(({ file, tenant, problems, warnings }) => {
    if (problems.length === 0 && warnings.length === 0) return [];
    const heading = tenant === null ? file : `${tenant} (${file})`;
    const lines = [
      ...problems.flatMap((problem) => renderProblem(problem, style)),
      ...warnings.map((text) => style.yellow(showSafely(text))),
    ];
    return [style.bold(showSafely(heading)), ...lines.map((line) => indent(line, '  '))];
  });
  const wrong = checked.filter(({ problems }) => problems.length > 0).length;
  const what = checked.length === 1 ? '1 tenant file' : `${checked.length} tenant files`;
  const sum = wrong === 0 ? style.green('nothing is wrong') : style.red(`${wrong} with mistakes`);
  return [...told, `${agentFile} and ${what}: ${sum}`].join('\n');
}
