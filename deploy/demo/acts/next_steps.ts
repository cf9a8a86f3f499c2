// The end of the tour: what a reader can try on the same tenants.
import { printHeading, printText } from '../narrate.js';
import type { Stage } from '../stage.js';

export function suggestNextSteps({ folder, agentLog, repository, tenants }: Stage): void {
  printHeading('Try it yourself');
  printText(`Everything still runs. In another terminal:

  export PATH=${folder}/bin:$PATH

  drover-agent status                      all three tenants
  drover-agent plan bert                   what the latest release would do to bert
  drover-agent upgrade bert                do it
  drover-agent rollback bert               and back again
  drover-agent upgrade anna --json         as a program would
  drover-agent hooks history carol         which hooks ran, when, how long
  drover-agent logs carol                  the last upgrade, line by line

  curl ${tenants.anna.url}/notes       anna’s notes, as her users see them
  less ${agentLog}
  git -C ${repository.folder} log         the app’s releases, to which you can add yours`);
}
