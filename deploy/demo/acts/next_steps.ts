// The end of the tour: how the tenants stand, and what a reader can try on them.
import { printHeading, printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { DemoController, Stage } from '../stage.js';
import { verify } from '../verify.js';

type Suggestion = readonly [command: string, says: string];

export function suggestForFleet(stage: Stage, { url, logFile }: DemoController): void {
  suggest(
    stage,
    [
      ['drover plan anna', 'what the latest release would do to anna'],
      ['drover upgrade anna', 'do it'],
      ['drover rollback anna', 'and back again'],
      ['drover upgrade anna --json', 'as a program would'],
      ['drover logs carol', 'the stream of her last upgrade'],
      ['drover upgrades --tenant bert', 'what bert has been through'],
      ['drover --help', 'all there is'],
      ['drover-agent status', 'what the host itself says'],
      ['drover-agent hooks history carol', 'which hooks ran, when, how long'],
    ],
    [
      [`${url}/docs`, 'the controller’s API'],
      [logFile, 'what the controller says'],
    ],
  );
}

export async function suggestForHost(stage: Stage): Promise<void> {
  verify('no tenant needs anybody', await showCommand(stage, 'drover-agent status'), 0);
  suggest(
    stage,
    [
      ['drover-agent plan bert', 'what the latest release would do to bert'],
      ['drover-agent upgrade bert', 'do it'],
      ['drover-agent rollback bert', 'and back again'],
      ['drover-agent upgrade anna --json', 'as a program would'],
      ['drover-agent hooks history carol', 'which hooks ran, when, how long'],
      ['drover-agent logs carol', 'her last upgrade, line by line'],
      ['drover-agent --help', 'all there is'],
    ],
    [],
  );
}

function suggest(
  { bin, tenants, agentLog, repository }: Stage,
  commands: readonly Suggestion[],
  places: readonly Suggestion[],
): void {
  printHeading('Try it yourself');
  const lines = (rows: readonly Suggestion[]) => {
    const width = Math.max(...rows.map(([what]) => what.length));
    return rows.map(([what, says]) => `  ${what.padEnd(width)}   ${says}`).join('\n');
  };
  const all: Suggestion[] = [
    [`${tenants.anna.url}/notes`, 'anna’s notes, as her users see them'],
    ...places,
    [agentLog, 'what the agent says'],
    [tenants.anna.configFile, 'how anna is upgraded'],
    [repository.folder, 'the app and its releases'],
  ];
  printText(`In another terminal, while this one stays (without --exit):

  export PATH=${bin}:$PATH
${lines(commands)}

And to look at:

${lines(all)}`);
}
