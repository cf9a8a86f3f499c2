// Connects to the controller of a context, so that a wrong URL or token is said now and not by the next command.
import { createClient } from '../client/create_client.js';
import type { SavedContext } from './contexts.js';
import type { DroverContext } from './drover_command.js';
import { readToken } from './open_client.js';

/** Resolves with the controller's version. Notes that the context is saved all the same, and throws AppError. */
export async function contactController(
  { screen, clock, random }: Pick<DroverContext, 'screen' | 'clock' | 'random'>,
  { url, ...access }: SavedContext,
  saved: string,
): Promise<string> {
  try {
    return await createClient({ url, token: await readToken(access), clock, random }).checkAccess();
  } catch (error) {
    screen.note(`${saved}, but it does not work yet.`);
    throw error;
  }
}
