// Addresses to which nothing leaves this machine.

/** True for localhost, 127.0.0.0/8 and ::1, the last also in brackets as URLs write it. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}
