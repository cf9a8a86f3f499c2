// The end of the tour: the status of the tenants, and commands that a reader can try.
import { printHeading, printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { DemoController, Setup } from '../setup.js';
import { verify } from '../verify.js';

type Suggestion = readonly [command: string, purpose: string];

export function suggestForFleet(
  setup: Setup,
  { controller: { url, logFile }, rollout }: { controller: DemoController; rollout: string },
): void {
  suggest(
    setup,
    [
      ['drover status', 'every tenant, those that need an operator first'],
      ['drover plan anna v0.7.0', 'what that release would do to anna'],
      ['drover rollback anna', 'roll anna’s latest upgrade back'],
      ['drover upgrade anna --json', 'upgrade her again, with the result as JSON'],
      ['drover logs carol', 'the log of carol’s latest upgrade'],
      ['drover upgrades --tenant bert', 'all upgrades of bert'],
      ['drover rollout list', 'all rollouts'],
      [`drover rollout show ${rollout}`, 'the last one, with its waves'],
      ['drover freeze start lunch --where "slug~b*"', 'nothing starts for these tenants from now on'],
      ['drover freeze end lunch', 'until now'],
      ['drover --help', 'all commands'],
      ['drover-agent status', 'the status that the host itself reports'],
      ['drover-agent hooks history carol', 'which hooks ran, when, how long'],
    ],
    [
      [`${url}/docs`, 'the controller’s API'],
      [logFile, 'the log of the controller'],
    ],
  );
}

export async function suggestForHost(setup: Setup): Promise<void> {
  verify('no tenant needs an operator', await showCommand(setup, 'drover-agent status'), 0);
  suggest(
    setup,
    [
      ['drover-agent plan bert', 'what the latest release would do to bert'],
      ['drover-agent upgrade bert', 'upgrade bert to the latest release'],
      ['drover-agent rollback bert', 'roll that upgrade back'],
      ['drover-agent upgrade anna --json', 'upgrade anna, with the result as JSON'],
      ['drover-agent hooks history carol', 'which hooks ran, when, how long'],
      ['drover-agent logs carol', 'the log of carol’s latest upgrade'],
      ['drover-agent --help', 'all commands'],
    ],
    [],
  );
}

function suggest(
  { bin, tenants, agent, repository }: Setup,
  commands: readonly Suggestion[],
  places: readonly Suggestion[],
): void {
  printHeading('Try it yourself');
  const lines = (rows: readonly Suggestion[]) => {
    const width = Math.max(...rows.map(([what]) => what.length));
    return rows.map(([what, purpose]) => `  ${what.padEnd(width)}   ${purpose}`).join('\n');
  };
  const all: Suggestion[] = [
    [`${tenants.anna.url}/notes`, 'anna’s notes, as her users see them'],
    ...places,
    [agent.logFile, 'the log of the agent'],
    [tenants.anna.configFile, 'the file that says how to upgrade anna'],
    [repository.folder, 'the app and its releases'],
  ];
  printText(`While the demo is running (without --exit), type in another terminal:

  export PATH=${bin}:$PATH
${lines(commands)}

Pages and files to open:

${lines(all)}`);
}
