// `logs`: the stream of an upgrade with all output; live with -f.
import { z } from 'zod';
import type { StreamItem } from '../../model/journal/stream_item.js';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { flag, upgradeOrTenant } from '../inputs.js';
import type { Result } from '../../model/result.js';
import type { Operations, Waiting } from '../operations.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';
import { createPlainRenderer } from '../stream/plain_stream.js';
import { renderSummary } from '../stream/render_summary.js';
import { detachedExitCode } from '../stream/show_upgrade.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<upgrade>'],
    options: { '-f, --follow': 'follow it live, to its end' },
    help: `Takes the id of an upgrade, or its tenant: then it shows the running upgrade, or
else the latest. Times are UTC. An upgrade that its host never began has no log:
then it says what became of it. With --json each line is one object, {"event": …}
or {"output": …}; without a log it is one line, {"result": …}.

Examples:
  ${name} logs testsite -f
  ${name} logs 019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11

${wrapText(`Exit codes: 0 shown, 2 there is no such upgrade, 3 ${program.unreachable}, 130 you stopped watching
(Ctrl-C).`)}
`,
    input: z.object({ upgrade: upgradeOrTenant, follow: flag }),
    execute: (context, { upgrade, follow }) =>
      withOperations(context, program, (operations) =>
        printLog(context, operations, { target: upgrade, live: follow }),
      ),
  });
}

async function printLog(
  context: ProgramContext,
  operations: Operations,
  { target, live }: { target: string; live: boolean },
): Promise<number> {
  const { screen, onSignal } = context;
  const started = await operations.find(target);
  const leaving = new AbortController();
  const stopListening = onSignal('SIGINT', () => leaving.abort());
  const print = createPrinter(context);
  const onWaiting = createWaitingNotes(context);
  let hasLog = false;
  try {
    const items = operations.follow(started, { live, signal: leaving.signal, onWaiting });
    for (;;) {
      const { done, value } = await items.next();
      if (done !== true) {
        print(value);
        hasLog = true;
        continue;
      }
      if (!hasLog) printOutcome(context, value);
      if (value.finished_at === null) screen.noteToPerson('It has not ended; -f follows it live.');
      return 0;
    }
  } catch (error) {
    if (leaving.signal.aborted) return detachedExitCode;
    throw error;
  } finally {
    stopListening();
  }
}

/** What became of an upgrade without a log: cancelled, refused or expired before it began, or still queued. */
function printOutcome({ screen, json }: ProgramContext, result: Result): void {
  if (json) {
    screen.printJsonLine({ result });
    return;
  }
  const options = { style: screen.style, logCommand: null, retryCommand: null, isAccepted: false };
  screen.print(renderSummary(result, options));
}

function createPrinter({ screen, json }: ProgramContext): (item: StreamItem) => void {
  const renderer = createPlainRenderer();
  return (item) => {
    if (json) {
      screen.printJsonLine(item);
      return;
    }
    const text = renderer.render(item, 0);
    if (text !== null) screen.print(text);
  };
}

/** A long wait is noted to a person, once. */
function createWaitingNotes({ screen }: ProgramContext): (waiting: Waiting | null) => void {
  let noted: string | null = null;
  return (waiting) => {
    const text = waiting?.isLong === true ? waiting.text : null;
    if (text !== null && text !== noted) screen.noteToPerson(text);
    noted = text;
  };
}
