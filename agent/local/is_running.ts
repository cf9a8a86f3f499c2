// Whether an agent runs on this host, without speaking to it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { AppError } from '../../shared/errors.js';

/** Looks whether somebody listens at the agent's socket. Throws AppError `unreachable` where it may not be looked at. */
export async function isAgentRunning(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')) {
      return false;
    }
    throw new AppError('unreachable', `the agent's socket ${socketPath} cannot be looked at`, { cause: error });
  } finally {
    socket.destroy();
  }
}
