// One agent that sends a long stream, in a process of its own: the product's protocol, connection and reading of outputs; or
// a bare socket that sends the same bytes.
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { runFolder } from '../../../agent/command/run_folder.js';
import { connectController, connectionLimits } from '../../../agent/uplink/controller_connection.js';
import { createAgentProtocol } from '../../../agent/uplink/agent_protocol.js';
import { commandFolder } from '../../../agent/store/run_folders.js';
import { readStream } from '../../../agent/store/stream/read_stream.js';
import { systemClock } from '../../../shared/os/clock.js';
import type { Event } from '../../../shared/model/journal/events.js';
import { agentPath } from '../../../shared/wire/protocol.js';
import { proveHost } from '../../../agent/uplink/prove_host.js';
import { benchKey } from './bench_keys.js';
import { answerQuestions } from './child.js';
import { simulateAgent } from './simulated_agent.js';
import { benchRuns, benchUpgrade, makeOutput, makeRecords } from './streams.js';

process.on('disconnect', () => process.exit(0));
const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-bench-streamer-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const chunkBytes = 64 * 1024;

/** Tells the stream to a controller; the milliseconds from the controller's wish for it until all of it is stored. */
function sendStream(port: number, events: readonly Event[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let sinceMs = 0;
    const options = { url: `ws://127.0.0.1:${port}${agentPath}`, ca: undefined };
    const member = { ...benchKey('h0'), instance: 'h0', authority: `127.0.0.1:${port}` };
    const connection = connectController({ ...options, limits: connectionLimits }, (text) => {
      protocol.receive(text);
      if (!text.includes('"stored"')) return;
      if (sinceMs === 0) sinceMs = performance.now();
      else resolve(performance.now() - sinceMs);
    });
    const source = {
      folder,
      runs: benchRuns(folder),
      clock: systemClock,
      readEvents: () => events,
      secrets: [],
      limitBytes: 1024 ** 4,
    };
    const protocol = createAgentProtocol({
      port: simulateAgent(0, {
        listStreams: async () => [{ upgrade: benchUpgrade, events: events.length }],
        openStream: (_upgrade, from, signal) => readStream(source, from, signal),
      }),
      send: (frame) => connection.send(JSON.stringify(frame)),
      close: (_code, reason) => reject(new Error(reason)),
      prove: (challenge) => proveHost(member, challenge),
      onWelcome: () => undefined,
      onError: reject,
    });
    void connection.ended.then((why) => reject(new Error(JSON.stringify(why))));
  });
}

/** The same bytes over a bare socket; the milliseconds until its server has taken all. */
async function sendBare(port: number, messages: AsyncIterable<object> | Iterable<object>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, 'open');
  const sinceMs = performance.now();
  const taken = once(socket, 'message');
  for await (const message of messages) {
    const sent = new Promise<void>((resolve) => socket.send(JSON.stringify(message), () => resolve()));
    if (socket.bufferedAmount > chunkBytes) await sent;
  }
  socket.send('{"type":"end"}');
  await taken;
  socket.close();
  return performance.now() - sinceMs;
}

async function* readChunks(): AsyncGenerator<object> {
  const [hook] = ['hooks-post-pull.v0.2.0.sh'];
  const { output } = runFolder(commandFolder(benchRuns(folder), hook ?? ''));
  for await (const bytes of createReadStream(output, { highWaterMark: chunkBytes })) {
    yield { type: 'chunk', text: Buffer.from(bytes).toString('utf8') };
  }
}

answerQuestions({
  events: (kind, port, count) => {
    const events = makeRecords(Number(count));
    if (kind === 'product') return sendStream(Number(port), events);
    return sendBare(
      Number(port),
      events.map((body) => ({ type: 'record', body })),
    );
  },
  output: (kind, port, bytes) => {
    const events = makeOutput(folder, Number(bytes));
    return kind === 'product' ? sendStream(Number(port), events) : sendBare(Number(port), readChunks());
  },
});
