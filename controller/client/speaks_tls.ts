// Whether a port that gave no answer to HTTP speaks TLS. Nothing is sent to it but the greeting of TLS.
import { connect } from 'node:tls';

const patienceMs = 2000;

/** True where the server of this URL greets back; false for whatever else it does, also within two seconds nothing. */
export async function speaksTls(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  // No certificate is judged here: an untrusted one shows as well that the port speaks TLS.
  const socket = connect({ host: hostname, port: Number(port === '' ? 80 : port), rejectUnauthorized: false });
  try {
    return await new Promise((resolve) => {
      socket.once('secureConnect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.setTimeout(patienceMs, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
