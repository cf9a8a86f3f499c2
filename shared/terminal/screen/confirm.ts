// Asks a person before something is done; a script says `--yes`.
import { once } from 'node:events';
import { AppError } from '../../errors.js';
import type { ProgramContext } from '../cli_command.js';

/** True for yes; no answer is none. Throws AppError `usage` where nobody can be asked: the answer is then `--yes`, or nothing is done. */
export async function confirm(
  { stdin, screen, json }: Pick<ProgramContext, 'stdin' | 'screen' | 'json'>,
  question: string,
): Promise<boolean> {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true;
  if (json || !isTerminal) {
    throw new AppError('usage', `${question} Nobody can be asked here`, { hint: '`--yes` does it without asking.' });
  }
  screen.note(`${question} [y/N]`);
  const waiting = new AbortController();
  const { signal } = waiting;
  // Ctrl-D ends the input without an answer.
  const [answer = '']: unknown[] = await Promise.race([
    once(stdin, 'data', { signal }),
    once(stdin, 'end', { signal }),
  ]);
  waiting.abort();
  stdin.pause();
  return /^y(es)?$/i.test(String(answer).trim());
}
