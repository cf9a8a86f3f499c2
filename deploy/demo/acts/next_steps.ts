// The end of the tour: how the tenants stand, and what a reader can try on them.
import { printHeading, printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

export async function suggestNextSteps(stage: Stage): Promise<void> {
  const { folder, agentLog, repository, tenants } = stage;
  printHeading('Try it yourself');
  verify('no tenant needs anybody', await showCommand(stage, ['status']), 0);
  printText(`In another terminal, while this one stays (without --exit):

  export PATH=${folder}/bin:$PATH
  drover-agent plan bert                what the latest release would do to bert
  drover-agent upgrade bert             do it
  drover-agent rollback bert            and back again
  drover-agent upgrade anna --json      as a program would
  drover-agent hooks history carol      which hooks ran, when, how long
  drover-agent logs carol               her last upgrade, line by line
  drover-agent --help                   all there is

  curl ${tenants.anna.url}/notes     anna’s notes, as her users see them
  cat ${tenants.anna.configFile}
  less ${agentLog}
  git -C ${repository.folder} log --stat`);
}
