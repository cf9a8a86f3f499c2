// An address that sends wrong tokens without end is told to wait.
import { describe, expect, it } from 'vitest';
import { createProxies } from '../../../../controller/auth/proxies.js';
import { controllerLimits } from '../../../../controller/limits.js';
import { problemSchema } from '../../../../shared/wire/api.js';
import { serve } from '../../../helpers/controller/serve_api.js';

describe('an address that sends wrong tokens without end', () => {
  const { max } = controllerLimits.failures;

  it('is told to wait, and no other one; a good token is served from there, too', async () => {
    const { url, ask, logged } = await serve({ proxies: createProxies(['127.0.0.1']) });
    const guess = (address: string) =>
      fetch(`${url}/api/v1/tenants`, { headers: { authorization: 'Bearer x', 'x-forwarded-for': address } });
    for (let n = 0; n < max; n += 1) expect((await guess('192.0.2.1')).status).toBe(401);
    const refused = await guess('192.0.2.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('content-type')).toMatch('application/problem+json');
    expect(problemSchema.parse(await refused.json())).toMatchObject({
      code: 'too-often',
      detail: expect.stringMatching(/^the token is wrong; over 60 requests of 192\.0\.2\.1 in a minute /),
    });
    expect((await guess('192.0.2.2')).status).toBe(401);
    // What a client puts into the header itself is before what the proxy adds.
    expect((await guess('192.0.2.3, 192.0.2.1')).status).toBe(429);
    expect((await ask('/api/v1/tenants', { headers: { 'x-forwarded-for': '192.0.2.1' } })).status).toBe(200);
    expect(logged.filter((line) => line.startsWith('an address fails'))).toHaveLength(1);
  });

  it('is the one of the socket where no proxy is trusted, whatever a header says', async () => {
    const { url } = await serve();
    const guess = (n: number) => fetch(`${url}/api/v1/hosts`, { headers: { 'x-forwarded-for': `192.0.2.${n}` } });
    for (let n = 0; n < max; n += 1) expect((await guess(n)).status).toBe(401);
    expect((await guess(max)).status).toBe(429);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
