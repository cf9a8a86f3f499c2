// Who joins: what a join token is good for, and what is refused.
import { describe, expect, it } from 'vitest';
import { hashToken } from '../../../../controller/auth/token.js';
import { controllerLimits } from '../../../../controller/limits.js';
import { makeHostKey } from '../../../../shared/wire/host_proof.js';
import { closeCodes } from '../../../../shared/wire/protocol.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { joined, useJoiningRig, type Wish } from './joining_rig.js';

const { rig, now, passMs, makeToken, enroll, greet } = useJoiningRig();

describe('a join token', () => {
  it('lets a host join, whose key says from then on who it is', async () => {
    const { token } = await makeToken();
    const { key, answer, ...end } = await enroll({ token });
    expect(end).toEqual(joined);
    expect(answer).toMatchObject({ host: 'h1', controller: rig().core.store.joins.controllerId() });
    expect(await greet(key)).toBe('h1');
    const { items } = await rig().core.store.seenBy(null).listAudit({ limit: 1 });
    expect(items).toMatchObject([{ name: 'host h1', action: 'hosts.enroll', host: 'h1', address: '127.0.0.1' }]);
  });

  it('is used once by the same key, however often it is given', async () => {
    const { token } = await makeToken();
    const { key } = await enroll({ token });
    expect(await enroll({ token, key })).toMatchObject(joined);
    expect(await enroll({ token, host: 'h2' })).toMatchObject({
      code: closeCodes.enrolment,
      reason: 'the join token is used up',
    });
  });

  it('that is wrong again and again has its address wait, and a good one is taken from there', async () => {
    const wrong = { token: `drover_join_${'x'.repeat(43)}` };
    const ends = [];
    for (let n = 0; n <= controllerLimits.failures.max; n += 1) ends.push(await enroll(wrong));
    expect(ends.filter(({ code }) => code === closeCodes.enrolment)).toHaveLength(controllerLimits.failures.max);
    expect(ends.at(-1)).toMatchObject({
      code: closeCodes.tryAgainLater,
      reason: expect.stringMatching(/^too many enrolments of 127\.0\.0\.1 failed; wait \d+ s$/),
    });
    expect(await enroll({ token: (await makeToken()).token })).toMatchObject(joined);
  });

  it('that many enrolments race for lets in as many as it says', async () => {
    const { token } = await makeToken({ uses: 3 });
    const ends = await Promise.all(Array.from({ length: 10 }, (_, n) => enroll({ token, host: `h${n}` })));
    expect(ends.filter(({ code }) => code === closeCodes.done)).toHaveLength(3);
    expect((await rig().core.joining.listTokens({ limit: 1 })).items).toMatchObject([{ uses: 3, uses_left: 0 }]);
  });

  it.each([
    ['of another controller', async () => `drover_join_${'x'.repeat(43)}`, 'the join token is none of this controller'],
    ['that is malformed', async () => 'x', 'the join token is none of this controller'],
    ['of a person', async () => `drover_${'x'.repeat(43)}`, 'the join token is none of this controller'],
    [
      'that has expired',
      async () => {
        const { token } = await makeToken({ expires_in_s: 60 });
        passMs(60_000);
        return token;
      },
      'the join token expired at 2026',
    ],
    [
      'that was revoked',
      async () => {
        const { token, id } = await makeToken();
        await rig().core.joining.revokeToken(id, tester);
        return token;
      },
      'the join token was revoked at 2026',
    ],
    [
      'for other hosts',
      async () => (await makeToken({ hosts: ['web-*', 'h2'] })).token,
      'the join token is not for h1',
    ],
  ])('%s lets nobody join', async (_what, make, reason) => {
    const { key, ...end } = await enroll({ token: await make() });
    expect(end).toEqual({ code: closeCodes.enrolment, reason: expect.stringContaining(reason), answer: null });
    expect(await greet(key)).toContain('its key is not known here');
  });

  it('for some hosts lets those join, by pattern and by name', async () => {
    const { token } = await makeToken({ hosts: ['web-*', 'h?'], uses: 3 });
    for (const host of ['web-17', 'h2']) expect(await enroll({ token, host })).toMatchObject(joined);
    expect((await enroll({ token, host: 'db-1' })).reason).toContain('not for db-1');
  });

  it('gives no new key to a host that has joined before, unless it names just that host', async () => {
    const { key: first } = await enroll({ token: rig().joinToken });
    const names = [null, ['h*'], ['?1'], ['h1', 'h2']];
    for (const hosts of names) {
      const { token } = await makeToken({ hosts });
      expect((await enroll({ token })).reason).toContain('h1 has joined before: its new token must name just it');
    }
    expect(await greet(first)).toBe('h1');
    const { token } = await makeToken({ hosts: ['h1'] });
    const { key: second } = await enroll({ token });
    expect(await greet(second)).toBe('h1');
    expect(await greet(first)).toContain('its key was replaced at');
  });
});

describe('an enrolment', () => {
  it.each<[string, Partial<Wish>]>([
    ['with a signature over another host', { signs: { host: 'h2' } }],
    ['with a signature over another token', { signs: { token: 'another' } }],
    ['with a signature over another key', { signs: { key: makeHostKey().key } }],
    ['with a signature for another controller', { signs: { controller: 'another' } }],
    ['with a signature over another nonce', { signs: { nonce: 'n'.repeat(43) } }],
    ['that was dialled at another address than is signed', { signs: { authority: '127.0.0.1:1' } }],
    ['with a signature that is none', { change: { signature: 'A'.repeat(86) } }],
    ['with the key of somebody else', { change: { key: makeHostKey().key } }],
    ['with a key that is no point of the curve', { change: { key: `${'A'.repeat(42)}B` } }],
  ])('%s is refused, and uses nothing of the token', async (_what, wish) => {
    const { token } = await makeToken();
    expect(await enroll({ token, ...wish })).toMatchObject({ code: closeCodes.key, reason: 'the signature is wrong' });
    expect(await enroll({ token })).toMatchObject(joined);
  });

  it.each([
    ['a key', { key: 'short' }],
    ['a signature', { signature: '!'.repeat(86) }],
    ['a name', { host: 'a/b' }],
  ])('with %s that is malformed is no frame', async (_what, change) => {
    const { token } = await makeToken();
    expect(await enroll({ token, change })).toMatchObject({
      code: closeCodes.policyViolation,
      reason: expect.stringContaining('not a frame'),
    });
  });

  it('cannot take the key of another host', async () => {
    const { key } = await enroll({ token: rig().joinToken });
    expect((await enroll({ token: rig().joinToken, host: 'h2', key })).reason).toBe(
      'this key is the one of another host',
    );
  });
});

describe('a thousand hosts', () => {
  it('join one after the other, and the store has them all', async () => {
    const { token } = await makeToken({ uses: 1000 });
    const joins = rig().core.store.joins;
    const at = now().toISOString();
    for (let from = 0; from < 1000; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => enroll({ token, host: `web-${from + n}` })));
    }
    const late = { tokenHash: hashToken(token), host: 'late', key: makeHostKey().key, address: '', at };
    expect(await joins.enroll(late)).toEqual({ host: null, refusal: 'the join token is used up' });
  });
});
