// A small HTTP server on loopback that takes webhooks and keeps them, byte for byte.

import { createServer } from 'node:http';

/** Starts a receiver. Close it at the end of the test. */
export async function receiver(path = '/hook') {
  const deliveries = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    deliveries.push({
      method: request.method,
      url: `http://${request.headers.host}${request.url}`,
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    });
    response.writeHead(200).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    deliveries,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
