// Signs deliveries as Standard Webhooks says: https://www.standardwebhooks.com
import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/** A new secret of 32 random bytes. */
export function makeWebhookSecret(random: (bytes: number) => Buffer): string {
  return `${prefix}${random(32).toString('base64')}`;
}

/** The headers of a delivery with this id and body, sent at `at`, with a signature by each secret. */
export function signDelivery(secrets: readonly string[], { id, body, at }: { id: string; body: string; at: Date }) {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
