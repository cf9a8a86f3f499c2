// Whether an agent runs on this host, without speaking to it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { AppError } from '../../shared/errors.js';
import { hasErrno } from '../../shared/os/errno.js';

/** Looks whether somebody listens at the agent's socket. Throws AppError `unreachable` where it may not be looked at. */
export async function isAgentRunning(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ECONNREFUSED')) {
      return false;
    }
    throw new AppError('unreachable', `the agent's socket ${socketPath} cannot be looked at`, { cause: error });
  } finally {
    socket.destroy();
  }
}
