// What text of a tenant or its repository may hold: secrets are masked wherever it goes, and nothing steers a terminal.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentFrameSchema } from '../../../shared/wire/protocol.js';
import { frameText, openWebSocket } from '../../../shared/wire/websocket.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { runShell, useHosts } from '../upgrade/hosts.js';

const secret = 'correct-horse-battery-staple';
const hosts = useHosts({
  releases: [
    {
      tag: 'v0.1.1',
      base: 'v0.1.0',
      files: { 'release/v0.1.1.sh': `#!/bin/bash\nprintf 'before %s and %s after' "$APP_PASSWORD" "$APP_PASSWORD"\n` },
    },
    {
      tag: 'v0.1.2',
      base: 'v0.1.0',
      files: { 'release/v0.1.2.sh': `#!/bin/bash\nlogin ${secret} ) \u001b]52;c;aGk=\u0007\n` },
    },
  ],
});
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };
const open = () =>
  hosts.open({ hasService: false, makeKeys: () => ({ ...bare, environment: { APP_PASSWORD: secret } }) });

/** What the agent sends of this output from the byte `at` on. */
async function askFrom(
  host: AgentHost,
  { id, events, key, at }: { id: string; events: number; key: string; at: number },
) {
  const socket = openWebSocket(`ws+unix:${path.join(host.stateFolder, 'agent.sock')}:/`);
  return new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'stored', streams: [{ upgrade: id, events, outputs: { [key]: at } }] })),
    );
    socket.on('message', (data) => {
      const frame = agentFrameSchema.parse(JSON.parse(frameText(data)));
      if (frame.type !== 'stream') return;
      if ('output' in frame.item) text += frame.item.output.text;
      else {
        socket.close();
        resolve(text);
      }
    });
  });
}

describe('a secret of a tenant', () => {
  test('is shown by no part of the output, from whichever byte a client asks for it', async () => {
    const host = await open();
    const { id, events, outputs } = await host.upgrade({ version: 'v0.1.1' });
    const [key = ''] = [...outputs].find(([, text]) => text.includes('before')) ?? [];
    const exit = events.findIndex((event) => event.type === 'exit' && event.key === key);
    const printed = `before ${secret} and ${secret} after`;
    for (let at = 1; at < printed.length; at += 1) {
      const rest = await askFrom(host, { id, events: exit, key, at });
      expect('before  and  after'.endsWith(rest.replaceAll('[masked]', '')), `from byte ${at}: ${rest}`).toBe(true);
    }
  });

  test('is masked in plans, messages and results, where a program repeats it', async () => {
    const host = await open();
    const client = await host.connect();
    const plan = await client.plan({ version: 'v0.1.2' });
    expect(plan.blockers[0]?.message).toContain('login [masked] )');
    const { result, events } = await host.upgrade({ version: 'v0.1.2' });
    expect(result.failure?.message).toContain('login [masked] )');
    expect(JSON.stringify([plan, result, events.map((event) => ({ ...event, config: null }))])).not.toContain(secret);
    const journals = `cat ${path.join(host.stateFolder, 'upgrades')}/*/journal.jsonl | sed 's/"config":.*//'`;
    expect(runShell(journals)).not.toContain(secret);
  });
});

describe('a terminal', () => {
  test('is steered by no text of a hook, a reason or an argument', async () => {
    const host = await open();
    const title = '\u001b]0;title\u0007\u009b2J\u202e';
    const program = `${process.execPath} ${path.join(import.meta.dirname, '../../../dist/agent/main.js')}`;
    const config = path.join(host.folder, 'host/etc/agent.yaml');
    const run = (words: string) => runShell(`{ ${program} --config "$1" ${words} "$2"; } 2>&1 || true`, config, title);
    await host.upgrade({ version: 'v0.1.1' });
    const shown = [
      run('plan testsite v0.1.2 --commit'),
      run('hooks mark testsite v0.1.2 --done --reason'),
      run('hooks list testsite v0.1.2 --from'),
      run('status'),
      run('no-such-command'),
      run('plan --json testsite v0.1.2 --from'),
      run('hooks mark --json testsite v0.1.2 --done --reason'),
      runShell(`{ ${program} --config "$1" status testsite; } 2>&1 || true`, config),
    ].join('\n');
    expect(shown).toContain('testsite');
    const steers = Array.from(shown).filter((character) => {
      const code = character.codePointAt(0) ?? 0;
      return (
        (code < 0x20 && character !== '\n' && character !== '\t') || (code >= 0x7f && code < 0xa0) || code === 0x202e
      );
    });
    expect(steers).toEqual([]);
  });
});
