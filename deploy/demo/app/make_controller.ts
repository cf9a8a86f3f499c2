// Makes the configuration of a controller in a folder. It makes all else itself, at its first start.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeYaml } from '../write_yaml.js';

export interface DemoController {
  /** The path of controller.yaml. */
  configFile: string;
  logFile: string;
  url: string;
  /** The file for the token of the demo's operator. */
  tokenFile: string;
  readToken(): Promise<string>;
  /** What the host dials. */
  agentUrl: string;
  /** The files for the tokens with which hosts join begin with this. */
  joinTokenFile: string;
  /** The folder where `drover` keeps its contexts in this demo, so that it does not change the reader's own. */
  contextsHome: string;
}

/** Makes `folder`, with the configuration of a controller that listens on `port` of this machine. */
export async function makeController(folder: string, port: number): Promise<DemoController> {
  const dataDir = path.join(folder, 'data');
  const tokenFile = path.join(folder, 'token');
  const configFile = path.join(folder, 'controller.yaml');
  await mkdir(folder, { mode: 0o755 });
  await writeYaml(configFile, { listen: `127.0.0.1:${port}`, data_dir: dataDir });
  return {
    configFile,
    logFile: path.join(folder, 'controller.log'),
    url: `http://127.0.0.1:${port}`,
    tokenFile,
    readToken: async () => (await readFile(tokenFile, 'utf8')).trim(),
    agentUrl: `ws://127.0.0.1:${port}`,
    joinTokenFile: path.join(folder, 'join-token'),
    contextsHome: path.join(folder, 'operator'),
  };
}
