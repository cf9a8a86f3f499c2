// How the server of Node is made: without TLS, unless the program makes one with it.
import http, { type RequestListener, type ServerOptions } from 'node:http';

/** Makes it; it does not listen yet. */
export type MakeServer = (options: ServerOptions, listener: RequestListener) => http.Server;

/** One without TLS. */
export const makePlainServer: MakeServer = (options, listener) => http.createServer(options, listener);
