// Rollouts: fleet upgrades in waves, and what people do with them.
import { apiPrefix, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import {
  approveBodySchema,
  resumeRolloutBodySchema,
  retriedSchema,
  retryBodySchema,
  rolloutBodySchema,
  rolloutSchema,
  rolloutSummarySchema,
  targetSchema,
  targetsQuerySchema,
  waiveBodySchema,
} from '../../../shared/wire/rollouts_api.js';
import { openEventStream } from '../event_stream.js';
import { keyHeaders, rolloutParams } from '../inputs.js';
import { defineRoute, eventsType, type Route } from '../route.js';

const one = { 200: { description: 'The rollout as it is now', json: rolloutSchema } };

const listRollouts = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts`,
  role: 'viewer',
  summary: 'Rollouts, the newest first',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of rollouts', json: pageOf(rolloutSummarySchema) } },
  handle: ({ rollouts }, { query }) => rollouts.list(query),
});

const startRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts`,
  role: 'operator',
  isAudited: true,
  summary: 'Start a rollout: its tenants are fixed now, and upgraded in waves',
  description:
    'With `plan` it takes the pin, the tenants and the classes of a fleet plan, and `approve` names the classes that may run. Without one several hosts are asked for the tag, and every plan runs.',
  input: { body: rolloutBodySchema, headers: keyHeaders },
  answers: { 201: { description: 'The rollout', json: rolloutSchema } },
  async handle({ rollouts }, { body, headers }, { reply, signal }) {
    const rollout = await rollouts.start(body, headers['idempotency-key'], signal);
    reply.status(201);
    return rollout;
  },
});

const getRollout = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts/:id`,
  role: 'viewer',
  summary: 'One rollout: its waves, its failures by cause, and what it waits for',
  input: { params: rolloutParams },
  answers: one,
  handle: ({ rollouts }, { params }) => rollouts.find(params.id),
});

const listTargets = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts/:id/targets`,
  role: 'viewer',
  summary: 'The tenants of a rollout by wave and slug: how far each is, its steps, and why it waits',
  input: { params: rolloutParams, query: targetsQuerySchema.strict() },
  answers: { 200: { description: 'A page of tenants', json: pageOf(targetSchema) } },
  handle: ({ rollouts }, { params, query }) => rollouts.listTargets(params.id, query),
});

const followRollout = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts/:id/events`,
  role: 'viewer',
  summary: 'A rollout, live',
  description: 'Sends `rollout` with the whole rollout after each change, and `end` with it when it has ended.',
  input: { params: rolloutParams },
  answers: { 200: { description: 'Server-sent events', text: eventsType } },
  async handle({ rollouts, clock, log, waiting }, { params: { id } }, { reply, signal }) {
    // An unknown rollout must throw before the response starts.
    await rollouts.find(id);
    waiting.admit(signal);
    reply.hijack();
    const events = openEventStream(reply.raw, { clock, signal });
    try {
      for await (const rollout of rollouts.follow(id, signal)) await events.send({ event: 'rollout', data: rollout });
      await events.send({ event: 'end', data: await rollouts.find(id) });
      events.end();
    } catch (error) {
      // The status is already sent. Only a cut connection makes the client reconnect.
      if (!signal.aborted) log.warn({ err: error, rollout: id }, 'following a rollout failed');
      events.cut();
    }
    return reply;
  },
});

const pauseRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/pause`,
  role: 'operator',
  isAudited: true,
  summary: 'Pause a rollout: what has not begun is withdrawn, what runs goes on',
  input: { params: rolloutParams },
  answers: one,
  handle: ({ rollouts }, { params }) => rollouts.pause(params.id),
});

const resumeRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/resume`,
  role: 'operator',
  isAudited: true,
  summary: 'Go on with a rollout that is paused or halted, also with a new failure budget',
  input: { params: rolloutParams, body: resumeRolloutBodySchema },
  answers: one,
  handle: ({ rollouts }, { params, body }) => rollouts.resume(params.id, body),
});

const abortRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/abort`,
  role: 'operator',
  isAudited: true,
  summary: 'End a rollout: what has not begun is withdrawn, what runs goes on, and nothing else starts',
  input: { params: rolloutParams },
  answers: one,
  handle: ({ rollouts }, { params }) => rollouts.abort(params.id),
});

const retryRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/retry`,
  role: 'operator',
  isAudited: true,
  summary: 'Try tenants again that failed or never started',
  description:
    'One that failed at this very commit is tried again only with `fixed`. `dry_run` answers which they are.',
  input: { params: rolloutParams, body: retryBodySchema },
  answers: { 200: { description: 'Those that are tried again', json: retriedSchema } },
  handle: ({ rollouts }, { params, body }) => rollouts.retry(params.id, body),
});

const waiveTenants = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/waive`,
  role: 'operator',
  isAudited: true,
  summary: 'Leave tenants out: they are not tried again, and no longer count',
  input: { params: rolloutParams, body: waiveBodySchema },
  answers: one,
  handle: ({ rollouts }, { params, body }) => rollouts.waive(params.id, body.tenants),
});

const approveRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/approve`,
  role: 'operator',
  isAudited: true,
  summary: 'Approve plan classes, or the next wave',
  input: { params: rolloutParams, body: approveBodySchema },
  answers: one,
  handle: ({ rollouts }, { params, body }) => rollouts.approve(params.id, body),
});

const rollBackRollout = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/:id/rollback`,
  role: 'operator',
  isAudited: true,
  summary: 'Roll back the tenants whose latest upgrade is the one of this rollout',
  description:
    'Also of a rollout that has ended. Tenants that somebody rolled back or upgraded since stay as they are.',
  input: { params: rolloutParams },
  answers: one,
  handle: ({ rollouts }, { params }) => rollouts.rollback(params.id),
});

export const rolloutsRoutes: readonly Route[] = [
  listRollouts,
  startRollout,
  getRollout,
  listTargets,
  followRollout,
  pauseRollout,
  resumeRollout,
  abortRollout,
  retryRollout,
  waiveTenants,
  approveRollout,
  rollBackRollout,
];
