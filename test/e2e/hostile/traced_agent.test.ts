// Hostile frames to an agent under strace: no word of a frame reaches any program, and none is executed but those that
// the system and the tenant's own file name, or a plan needs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { makeAgentHost, makeTemplate, type AgentHost, type HostTemplate } from '../../helpers/agent/agent_host.js';
import type { AgentProcess } from '../../helpers/agent/agent_process.js';
import { closeCodes, type AgentFrame } from '../../../shared/wire/protocol.js';
import { startTestController, type AgentLink, type TestController } from '../../helpers/controller/test_controller.js';

/** In each hostile text; as a file it is proof that something ran. */
const mark = 'hostile-mark';
/** Tags by their form. */
const tags = [
  `--upload-pack=touch${mark}`,
  `-c${mark}`,
  `v0.1.0;${mark}`,
  `$(${mark})`,
  `\`${mark}\``,
  `v0.1.0|${mark}`,
  `../../${mark}`,
  `/tmp/${mark}`,
  `refs/heads/${mark}`,
  `file:///tmp/${mark}.git`,
  `ext::sh-c-${mark}`,
];
type Frame = Record<string, unknown>;

const wish = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const later = { start_within_ms: 60_000 };
const tenant = 'testsite';

/** Frames that the schema takes: the agent answers each. */
const makeAnswered = (tag: string): Frame[] => [
  { type: 'plan', request_id: makeId(), tenant, request: { ...wish, version: tag } },
  { type: 'plan', request_id: makeId(), tenant, request: { ...wish, version: 'v0.2.0', from: tag } },
  { type: 'upgrade', id: makeId(), tenant, request: { ...wish, version: tag, force: true }, ...later },
  { type: 'mark', request_id: makeId(), tenant, tag, phase: null, as: 'done', reason: tag, ...later },
];

const good = () => ({ type: 'plan', request_id: makeId(), tenant, request: { ...wish, version: 'v0.2.0' } });

/** Frames that it does not take: the agent closes the connection at each. */
const closed = [
  { type: 'plan', request_id: makeId(), tenant, request: { ...wish, commit: mark } },
  { type: 'plan', request_id: makeId(), tenant: `../${mark}`, request: wish },
  { type: 'plan', request_id: makeId(), tenant, request: { ...wish, version: `v0.1.0\n${mark}` } },
  { type: 'upgrade', id: `../${mark}`, tenant, request: wish, ...later },
  { type: 'rollback', request_id: makeId(), id: `$(${mark})`, tenant, restore_database: true, ...later },
  { type: 'cancel', request_id: makeId(), id: `-${mark}`, tenant, force: true },
  { type: 'stored', streams: [{ upgrade: `/tmp/${mark}`, events: 0, outputs: {} }] },
  ...['argv', 'command', 'env', 'repo', 'user', 'services', 'path', 'hook'].map((key) => ({
    type: 'plan',
    request_id: makeId(),
    tenant,
    request: wish,
    [key]: [mark],
  })),
  ...['exec', 'shell', 'update', mark].map((type) => ({ type, request_id: makeId(), tenant, command: [mark] })),
];

/** The system's own programs, and what the tenant's file has the agent run to look at its services. */
const isOfHost = (program: string) =>
  /^\/(usr\/(local\/)?)?s?bin\//.test(program) || ['bin/ctl', process.execPath].includes(program);

/** The agent connects again at once. */
const env = { NODE_OPTIONS: '--import=data:text/javascript,Math.random=()=>0' };

let template: HostTemplate;
let controller: TestController;
let host: AgentHost;
let agent: AgentProcess;

beforeAll(async () => {
  template = await makeTemplate();
  controller = await startTestController();
  host = await makeAgentHost(template, {
    agentKeys: controller.agentKeys,
    makeKeys: () => ({ requirements: 'none' }),
  });
  agent = await host.start({ env });
  await controller.until(() => controller.reports().length > 0);
});
afterAll(async () => {
  const left = await host.close();
  await controller.close();
  await template.remove();
  if (left.length > 0) throw new Error(`processes are left: ${JSON.stringify(left)}`);
});

/** Follows all programs that the agent executes while `work` runs; the lines of strace. */
async function trace(work: () => Promise<void>): Promise<string[]> {
  const folder = path.join(host.folder, `trace-${makeId()}`);
  mkdirSync(folder);
  // A file per process: in one file for all of them the lines of a call could be torn by those of another.
  const words = [
    '-ff',
    '-s',
    '4096',
    '-e',
    'trace=execve',
    '-o',
    path.join(folder, 'process'),
    '-p',
    String(agent.pid),
  ];
  const strace = spawn('strace', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(strace, 'exit');
  for await (const line of createInterface({ input: strace.stderr })) if (line.includes('attached')) break;
  await work();
  strace.kill('SIGINT');
  await ended;
  return readdirSync(folder)
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.includes('execve('));
}

const programsOf = (lines: readonly string[]) =>
  new Set(lines.flatMap((line) => (line.includes('= 0') ? (/execve\("([^"]+)"/.exec(line)?.[1] ?? []) : [])));

const isReady = ({ closed: end, frames }: AgentLink) => end === null && frames.some(({ type }) => type === 'report');

/** Sends it to the agent once that is connected; returns the connection. */
async function sendTo(frame: Frame): Promise<AgentLink> {
  await controller.until(() => controller.links.some(isReady));
  const link = controller.links.find(isReady);
  if (link === undefined) throw new Error('no agent is connected');
  link.socket.send(JSON.stringify(frame));
  return link;
}

/** Returns once it is answered, and the upgrade that it began has ended. */
async function sendAnswered(frame: Frame): Promise<void> {
  const id = frame['request_id'] ?? frame['id'];
  const { frames } = await sendTo(frame);
  const isAnswer = (sent: AgentFrame) => 'request_id' in sent && sent.request_id === id;
  await controller.until(() => frames.some(isAnswer));
  const hasBegun = frames.some((sent) => isAnswer(sent) && sent.type === 'answer' && sent.upgrade === id);
  if (hasBegun) await controller.result(String(id));
}

async function throwAll(): Promise<void> {
  for (const tag of tags) for (const frame of makeAnswered(tag)) await sendAnswered(frame);
  for (const frame of closed) {
    const link = await sendTo(frame);
    await controller.until(() => link.closed !== null);
    expect(link.closed).toMatchObject({ code: closeCodes.policyViolation });
  }
}

test('hostile frames have an agent execute no program that its host does not name, and reach none', async () => {
  const wanted = await trace(async () => {
    for (const frame of makeAnswered('v9.9.9')) await sendAnswered(frame);
    await sendAnswered(good());
  });
  // The trace sees what is executed.
  expect([...programsOf(wanted)].some((program) => program.endsWith('/git'))).toBe(true);
  const lines = await trace(async () => {
    await throwAll();
    await sendAnswered(good());
  });
  const needed = programsOf(wanted);
  expect([...programsOf(lines)].filter((program) => !needed.has(program) && !isOfHost(program))).toEqual([]);
  expect(lines.filter((line) => line.includes(mark))).toEqual([]);
  for (const folder of ['/tmp', '/', host.folder, host.stateFolder, host.tenant.appDir]) {
    expect(existsSync(path.join(folder, mark))).toBe(false);
  }
});
