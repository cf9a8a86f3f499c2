// Whether an agent runs on this host, without a request to it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { AppError } from '../../shared/errors.js';
import { hasErrno } from '../../shared/os/errno.js';

/** True where a process listens on the agent's socket. Throws AppError `unreachable` where the socket cannot be checked. */
export async function isAgentRunning(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ECONNREFUSED')) {
      return false;
    }
    throw new AppError('unreachable', `the agent's socket ${socketPath} cannot be checked`, { cause: error });
  } finally {
    socket.destroy();
  }
}
