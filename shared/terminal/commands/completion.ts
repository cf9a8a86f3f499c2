// `completion`: prints a script that lets the shell complete this program's commands and options.
import { z } from 'zod';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import type { Program } from '../program.js';
import { renderScript, shells, type CompletedCommand, type CompletedOption } from '../completion/scripts.js';

type Completing<Context extends ProgramContext> = Pick<Program<Context>, 'name' | 'options' | 'commands' | 'groups'>;

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: Completing<Context>): CliCommand<Context> {
  const { name } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<shell>'],
    options: {},
    help: `Prints a script for bash, zsh or fish. It completes commands and options, without
starting ${name}.

Examples:
  source <(${name} completion bash)      in ~/.bashrc
  source <(${name} completion zsh)       in ~/.zshrc
  ${name} completion fish | source       in ~/.config/fish/config.fish

Exit codes: 0 printed, 2 there is no script for this shell.
`,
    input: z.object({ shell: z.enum(shells, { error: `a shell is meant: ${shells.join(', ')}` }) }),
    async execute({ screen, json }, { shell }) {
      const script = renderScript(shell, { name, commands: await listCommands(program) });
      if (json) screen.printJson({ shell, script });
      else screen.print(script.trimEnd());
      return 0;
    },
  });
}

/** Longest path first: a shell takes the first that matches. */
async function listCommands<Context extends ProgramContext>({
  options: programOptions,
  commands,
  groups,
}: Completing<Context>): Promise<CompletedCommand[]> {
  const everywhere = [...readOptions(programOptions), ...general];
  const own = await Promise.all(
    commands.map(async (entry) => {
      const { command } = await entry.load();
      const options = [...readOptions(command.options), ...everywhere];
      return { path: entry.name.split(' '), summary: entry.summary, options };
    }),
  );
  const ofGroups = Object.entries(groups).map(([group, summary]) => ({ path: [group], summary, options: [] }));
  const program = { path: [], summary: '', options: [...everywhere, versionOption] };
  return [...own, ...ofGroups, program].toSorted((a, b) => b.path.length - a.path.length);
}

const general: readonly CompletedOption[] = [
  { flag: '--json', summary: 'print JSON and nothing else', takesValue: false },
  { flag: '--help', summary: 'print help', takesValue: false },
];
const versionOption = { flag: '--version', summary: 'print the version of this program', takesValue: false };

/** By flags such as `-f, --follow` and `--from <tag>`. */
function readOptions(options: Readonly<Record<string, string>>): CompletedOption[] {
  return Object.entries(options).map(([flags, summary]) => ({
    flag: /--[a-z-]+/.exec(flags)?.[0] ?? flags,
    summary,
    takesValue: flags.includes('<'),
  }));
}
