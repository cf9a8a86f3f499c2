// `drover-agent enroll`: joins a controller, or takes a new key.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { joinToken } from '../../../shared/model/names.js';
import { readTrustedFile } from '../../../shared/os/trusted/read_file.js';
import { flag } from '../../../shared/terminal/inputs.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import { uplinkSchema, type UplinkConfig } from '../../config/uplink_config.js';
import { isAgentRunning } from '../../local/is_running.js';
import { readIdentity } from '../../store/identity.js';
import { makeStateFolder } from '../../store/state_folder.js';
import { connectionLimits } from '../../uplink/controller_connection.js';
import { readCa } from '../../uplink/credentials.js';
import { enrollHost, rotateKey } from '../../uplink/enroll.js';
import { readProxy } from '../../uplink/proxy.js';
import { defineCommand, type AgentContext } from '../agent_command.js';
import { openHost, type OpenHost } from '../open_host.js';

const inputSchema = z.object({
  url: z.string().optional(),
  tokenFile: z.string().min(1, { error: '--token-file wants a path' }).optional(),
  tokenStdin: flag,
  reset: flag,
  rotate: flag,
});
type Input = z.infer<typeof inputSchema>;

export const command = defineCommand({
  arguments: ['[url]'],
  options: {
    '--token-stdin': 'read the join token from standard input',
    '--token-file <path>': 'the file that holds the join token',
    '--reset': 'take a new key, although this host has one: for a copied machine, or after its key was refused',
    '--rotate': 'take a new key in place of the present one; it needs no token',
  },
  help: `The key of this host is made here and never leaves it. Where the command is cut
off, do it again: it goes on with the same key and takes no second use of the
token. \`drover join-tokens create\` makes a join token, and prints this command. A
token is never given as a word of the command: others could see it.

Without a URL it is \`controller: url\` of agent.yaml. A CA of your own, a
proxy, or a controller without TLS on another machine, is named there first.

Examples:
  drover-agent enroll wss://drover.example.com --token-stdin <token
  drover-agent enroll --rotate

Exit codes: 0 joined, 2 usage, or the controller refuses, 3 it is unreachable.
`,
  input: inputSchema,
  async execute(context, input) {
    const { screen, json, clock } = context;
    const host = await openHost(context);
    const { url, ca_file: caFile, proxy } = await chooseController(host, input);
    await makeStateFolder(host.state);
    const way = { url, ca: await readCa(caFile), proxy: await readProxy(proxy) };
    const joining = { ...way, limits: connectionLimits, clock, state: host.state };
    const joined = input.rotate
      ? await rotateKey(joining)
      : await enrollHost(joining, {
          host: host.config.host,
          token: await readToken(context, input),
          isReset: input.reset,
        });
    if (json) screen.printJson({ host: joined.host, controller: joined.controller, url, key: joined.key });
    else screen.print(input.rotate ? `${joined.host} has a new key` : `${joined.host} has joined ${url}`);
    await adviseNext(host, screen);
    return 0;
  },
});

/** What is dialled, and how. Throws AppError `usage` where that is not clear, or not safe. */
async function chooseController({ config, state }: OpenHost, { url }: Input): Promise<UplinkConfig> {
  const { controller } = config;
  const given = url?.replace(/^http/, 'ws');
  const dialled = given ?? controller?.url ?? (await readIdentity(state.identity))?.url;
  if (dialled === undefined) {
    throw new AppError('usage', 'the URL of the controller is missing', {
      hint: 'Add it, as `drover join-tokens create` prints it: drover-agent enroll wss://drover.example.com --token-stdin',
    });
  }
  const parsed = uplinkSchema.safeParse({ ...controller, url: dialled });
  if (!parsed.success) {
    throw new AppError('usage', `${dialled}: ${parsed.error.issues[0]?.message ?? 'is no URL of a controller'}`);
  }
  if (controller !== undefined && controller.url !== parsed.data.url) {
    throw new AppError('usage', `agent.yaml names another controller, ${controller.url}`, {
      hint: `Change \`controller: url\` there to ${parsed.data.url}, or leave the URL out here.`,
    });
  }
  return parsed.data;
}

async function readToken({ stdin }: AgentContext, { tokenFile, tokenStdin }: Input): Promise<string> {
  if ((tokenFile === undefined) === !tokenStdin) {
    throw new AppError('usage', 'choose one of --token-stdin and --token-file', {
      hint: 'An admin makes a join token: drover join-tokens create',
    });
  }
  const given =
    tokenFile === undefined ? await text(stdin) : (await readTrustedFile(path.resolve(tokenFile), 'secret')).toString();
  const parsed = joinToken.safeParse(given.trim());
  if (parsed.success) return parsed.data;
  const where = tokenFile ?? 'standard input';
  throw new AppError('usage', `${where} holds ${given.trim() === '' ? 'nothing' : 'no join token'}`, {
    hint: 'It must hold the join token, drover_join_ and 43 characters, and nothing else.',
  });
}

/** An agent that runs finds the key by itself; agent.yaml it has read when it started, and made its socket then. */
async function adviseNext({ config, state }: OpenHost, screen: Screen): Promise<void> {
  if (!(await isAgentRunning(state.socket))) {
    return screen.noteToPerson('Start the agent: systemctl enable --now drover-agent');
  }
  const [started, written] = await Promise.all([stat(state.socket), stat(config.file)]);
  if (written.mtimeMs <= started.mtimeMs) {
    return screen.noteToPerson('The agent that runs connects now: drover-agent status');
  }
  screen.note(`The agent that runs started before ${config.file} was changed: systemctl restart drover-agent`);
}
