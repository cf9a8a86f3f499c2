// An agent whose controller was stolen: whatever frames come, its protocol goes on or closes the connection.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAgentProtocol } from '../../../../agent/uplink/agent_protocol.js';
import { challenge, proof, welcome } from '../../../helpers/agent/handshake.js';
import { createMemoryPort } from '../../../helpers/agent/memory_port.js';
import { hostileText } from '../../../helpers/hostile/hostile_input.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';

const request = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
const frames = fc.constantFrom<object[]>(
  challenge,
  welcome,
  { type: 'enrolled', host: 'h1', controller: 'c' },
  { type: 'rotated', host: 'h1' },
  { type: 'plan', request_id: 'p', tenant: 't', request },
  { type: 'upgrade', id: 'u', tenant: 't', request, start_within_ms: 1000 },
  { type: 'plan_tenants', request_id: 'p', tenants: ['t', 'u'], request },
  { type: 'plan_stop', request_id: 'p' },
  {
    type: 'upgrade',
    id: 'u',
    tenant: 't',
    request,
    plan_class: 'a',
    rollout: { id: 'r', attempt: 1 },
    start_within_ms: 1,
  },
  { type: 'cancel', request_id: 'c', id: 'u', tenant: 't', force: false, unbegun: true },
  { type: 'rollback', request_id: 'r', id: 'r', tenant: 't', restore_database: false, start_within_ms: 1000 },
  { type: 'resume', request_id: 'r', tenant: 't', accept: true, start_within_ms: 1000 },
  {
    type: 'mark',
    request_id: 'm',
    tenant: 't',
    tag: 'v1',
    phase: 'post-pull',
    as: 'done',
    reason: 'by hand',
    start_within_ms: 1000,
  },
  { type: 'cancel', request_id: 'c', id: 'u', tenant: 't', force: true },
  { type: 'stored', streams: [{ upgrade: 'u', events: 0, outputs: { k: 7 } }] },
);

it('goes on or closes with a short plain reason, whatever frames a controller sends', async () => {
  const texts = fc.array(hostileText(frames), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(fc.boolean(), texts, async (isWelcome, sent) => {
    const closings: string[] = [];
    const protocol = createAgentProtocol({
      port: createMemoryPort(
        () => new Map([['u', 0]]),
        async function* none() {
          // Nothing to send.
        },
      ),
      send: async () => undefined,
      close: (_code, reason) => void closings.push(reason),
      prove: () => proof,
      onWelcome: () => undefined,
      onError: () => undefined,
    });
    if (isWelcome) for (const frame of [challenge, welcome]) protocol.receive(JSON.stringify(frame));
    for (const text of sent) protocol.receive(text);
    await new Promise((resolve) => setImmediate(resolve));
    protocol.end();
    expect(closings.length).toBeLessThanOrEqual(1);
    for (const reason of closings) expect(reason).toMatch(/^[\u0020-\u007e]{1,123}$/);
  });
  await fc.assert(property, { seed: sampleSeed, numRuns: 100 });
});
