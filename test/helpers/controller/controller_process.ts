// The controller as a child process of a test: started until it is ready, ended, or killed; and the same again.
import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { json as readJson } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { monitorProgram } from '../loops/monitor_args.js';
import { madeJoinTokenSchema } from '../../../shared/wire/joining_api.js';
import { findFixedPort } from '../free_port.js';

export interface ControllerPlace {
  /** For operators; agents connect to the same address. */
  url: string;
  agentUrl: string;
  storeFile: string;
  /** With it any number of new hosts join; made by the first start. */
  readJoinToken(): string;
  /** Of an admin. */
  readToken(): string;
  /** Starts it on the existing folder; returns once it is ready. */
  start(): Promise<ControllerProcess>;
  remove(): Promise<void>;
}

export interface ControllerProcess {
  pid: number;
  /** Its log so far, line by line. */
  log: readonly string[];
  /** The first line of the log with this in it, after so many lines, once there is one. */
  waitFor(part: string, after?: number): Promise<string>;
  /** Sends the signal and returns once the process has ended. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const program = path.join(import.meta.dirname, '../../../dist/controller/main.js');

async function makeToken(configFile: string): Promise<string> {
  const words = [program, 'token', 'tester', '--config', configFile];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: '/' });
  return stdout.trim();
}

/** An hour is too short for a test of chaos. */
async function makeJoinToken(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  // Its certificate is what other tests are about.
  const options = { method: 'POST', headers, rejectUnauthorized: false };
  const { request } = url.startsWith('https:') ? https : http;
  const asking = request(`${url}/api/v1/join-tokens`, options).end('{"uses":10000,"expires_in_s":86400}');
  const [response] = z.tuple([z.instanceof(http.IncomingMessage)]).parse(await once(asking, 'response'));
  return madeJoinTokenSchema.parse(await readJson(response)).token;
}

/** A folder with its configuration, to which `keys` are added; on a port of its own, unless it is told which. */
export async function makeControllerPlace(
  keys: Readonly<Record<string, unknown>> = {},
  fixedPort?: number,
): Promise<ControllerPlace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-controller-'));
  const dataDir = path.join(folder, 'data');
  const configFile = path.join(folder, 'controller.yaml');
  const port = fixedPort ?? (await findFixedPort());
  await mkdir(dataDir, { mode: 0o700 });
  await writeYaml(configFile, { listen: `127.0.0.1:${port}`, data_dir: dataDir, ...keys });
  const secure = 'tls' in keys ? 's' : '';
  let token: string | null = null;
  let joinToken: string | null = null;
  return {
    url: `http${secure}://127.0.0.1:${port}`,
    agentUrl: `ws${secure}://127.0.0.1:${port}`,
    storeFile: path.join(dataDir, 'controller.db'),
    readJoinToken: () => joinToken ?? '',
    readToken: () => token ?? '',
    async start() {
      const monitor = monitorProgram();
      const child = spawn(process.execPath, [...monitor.args, program, 'run', '--config', configFile], {
        cwd: '/',
        env: { ...process.env, ...monitor.env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(child, 'exit');
      const log: string[] = [];
      const lines = new EventEmitter();
      const ready = new Promise<boolean>((resolve) => {
        createInterface({ input: child.stderr }).on('line', (line) => {
          log.push(line);
          lines.emit('line');
          if (line.includes('the controller is ready')) resolve(true);
        });
      });
      if (!(await Promise.race([ready, ended.then(() => false)]))) {
        throw new Error(`the controller did not start: ${log.join('\n')}`);
      }
      token ??= await makeToken(configFile);
      joinToken ??= await makeJoinToken(`http${secure}://127.0.0.1:${port}`, token);
      return {
        pid: child.pid ?? 0,
        log,
        async waitFor(part, after = 0) {
          for (;;) {
            const found = log.slice(after).find((line) => line.includes(part));
            if (found !== undefined) return found;
            await once(lines, 'line');
          }
        },
        async end(signal) {
          child.kill(signal);
          await ended;
        },
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
