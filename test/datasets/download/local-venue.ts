/**
 * A venue on this machine: a TLS server that answers under the venue's own host names, behind an HTTP proxy that sends every
 * tunnel to it. What a client asks for is what it would ask the venue for; only the network in between is ours.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createProxy,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';

export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** Announces the whole body and breaks off in its middle. */
  | { readonly brokenOff: string };

export interface LocalVenue {
  readonly proxy: string;
  /** File of the authority that signed its certificate: for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string;
  /** Addresses asked for, in order. */
  readonly asked: URL[];
  close(): Promise<void>;
}

const hosts = ['fapi.binance.com', 'api.binance.com', 'data.binance.vision'];

export async function openLocalVenue(answer: (url: URL) => Answer): Promise<LocalVenue> {
  const { caPem, certPem, keyPem } = makeCertificates(hosts);
  const folder = mkdtempSync(join(tmpdir(), 'hourglass-venue-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, caPem);
  const asked: URL[] = [];
  const venue = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    asked.push(url);
    send(answer(url), request, response);
  });
  const venuePort = await listening(venue);
  const proxy = createProxy();
  proxy.on('connect', (_request, client, head) => {
    const tunnel = connect(venuePort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.write(head);
      tunnel.pipe(client);
      client.pipe(tunnel);
    });
    tunnel.on('error', () => client.destroy());
    client.on('error', () => tunnel.destroy());
  });
  const proxyPort = await listening(proxy);
  return {
    proxy: `http://127.0.0.1:${proxyPort}`,
    caFile,
    asked,
    close: async () => {
      rmSync(folder, { recursive: true });
      for (const server of [proxy, venue]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return (server.address() as AddressInfo).port;
}

function send(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if ('brokenOff' in answer) {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': answer.brokenOff.length,
    });
    response.write(answer.brokenOff.slice(0, answer.brokenOff.length / 2), () => request.socket.destroy());
    return;
  }
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body);
}
