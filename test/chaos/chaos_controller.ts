// The controller of a chaos run: a real program that can be killed, and whose store can be put back to an older copy.
import { copyFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { createClient, type Client } from '../../controller/client/create_client.js';
import { systemClock } from '../../shared/os/clock.js';
import { makeControllerPlace, type ControllerProcess } from '../helpers/controller/controller_process.js';

export interface ChaosController {
  agentUrl: string;
  joinToken: string;
  client: Client;
  /** Starts it if it does not run. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Copies the store, as a backup does; it replaces the copy before. */
  copyStore(): void;
  /** Kills the controller and puts the copy in the place of its store; `start` starts it there. */
  putStoreBack(): Promise<void>;
  close(): Promise<void>;
}

/** Makes and starts it; hosts dial it by these URLs of proxies. */
export async function openChaosController(proxyUrls: readonly string[]): Promise<ChaosController> {
  const place = await makeControllerPlace({ other_urls: proxyUrls });
  const copy = `${place.storeFile}.copy`;
  let running: ControllerProcess | null = await place.start();
  const kill = async () => {
    await running?.end('SIGKILL');
    running = null;
  };
  const copyStore = () => {
    rmSync(copy, { force: true });
    const database = new DatabaseSync(place.storeFile);
    database.prepare('VACUUM INTO ?').run(copy);
    database.close();
  };
  return {
    agentUrl: place.agentUrl,
    joinToken: place.readJoinToken(),
    client: createClient({ url: place.url, token: place.readToken(), clock: systemClock, random: Math.random }),
    async start() {
      running ??= await place.start();
    },
    kill,
    copyStore,
    async putStoreBack() {
      await kill();
      for (const end of ['-wal', '-shm']) rmSync(`${place.storeFile}${end}`, { force: true });
      copyFileSync(copy, place.storeFile);
    },
    async close() {
      await running?.end('SIGTERM');
      await place.remove();
    },
  };
}
