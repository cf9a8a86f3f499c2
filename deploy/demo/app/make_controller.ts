// Makes the configuration of a controller in a folder; its secrets it makes itself when it starts.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeYaml } from '../write_yaml.js';

export interface DemoController {
  /** The path of controller.yaml. */
  configFile: string;
  logFile: string;
  url: string;
  /** The file of the operators' token; there once the controller has started. */
  tokenFile: string;
  readToken(): Promise<string>;
  /** What agent.yaml says under `controller`. */
  agentKeys: Readonly<Record<string, unknown>>;
  /** Where `drover` keeps its contexts in this demo, so that the reader's own stay as they are. */
  contextsHome: string;
}

/** Makes `folder`, and there the configuration of a controller that listens on `port` of this machine. */
export async function makeController(folder: string, port: number): Promise<DemoController> {
  const dataDir = path.join(folder, 'data');
  const tokenFile = path.join(dataDir, 'operator-token');
  const configFile = path.join(folder, 'controller.yaml');
  await mkdir(folder, { mode: 0o755 });
  await writeYaml(configFile, { listen: `127.0.0.1:${port}`, data_dir: dataDir });
  return {
    configFile,
    logFile: path.join(folder, 'controller.log'),
    url: `http://127.0.0.1:${port}`,
    tokenFile,
    readToken: async () => (await readFile(tokenFile, 'utf8')).trim(),
    agentKeys: { url: `ws://127.0.0.1:${port}`, secret_file: path.join(dataDir, 'agent-secret') },
    contextsHome: path.join(folder, 'operator'),
  };
}
