// Deliveries are signed as the library of Standard Webhooks checks it.
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { makeWebhookSecret, signDelivery } from '../../../../controller/webhooks/sign.js';

const body = '{"type":"host.offline","data":{"host":"wéb-1"}}';

it('makes signatures that the library of Standard Webhooks takes, with a secret of its form', () => {
  for (let no = 0; no < 20; no += 1) {
    const secret = makeWebhookSecret(randomBytes);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const at = new Date();
    const headers = signDelivery([secret], { id: `evt_${no}`, body, at });
    const library = new Webhook(secret);
    expect(library.verify(body, headers)).toEqual(JSON.parse(body));
    expect(headers['webhook-signature']).toBe(library.sign(`evt_${no}`, at, body));
    for (const changed of [
      () => library.verify(`${body} `, headers),
      () => library.verify(body, { ...headers, 'webhook-id': 'evt_x' }),
      () => library.verify(body, { ...headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }),
      () => new Webhook(makeWebhookSecret(randomBytes)).verify(body, headers),
    ]) {
      expect(changed).toThrow(/signature/i);
    }
  }
});

it('signs by several secrets, each of which is enough, and by none beside them', () => {
  const [last, before, foreign] = [1, 2, 3].map(() => makeWebhookSecret(randomBytes));
  if (last === undefined || before === undefined || foreign === undefined) throw new Error('no secrets');
  const headers = signDelivery([last, before], { id: 'evt_1', body, at: new Date() });
  expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
  for (const secret of [last, before]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(foreign).verify(body, headers)).toThrow(/signature/i);
});
