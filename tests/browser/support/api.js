// An API of our own behind the console: answers what a test wants, and a description of it.
import { once } from 'node:events';
import http from 'node:http';

/** Listens on a free port of the loopback; `answer(request, response, body)` does the rest. It ends with the test `t`. */
export async function api(t, answer) {
  const calls = [];
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      calls.push({ method: request.method, url: request.url, headers: request.headers, body });
      answer(request, response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, calls, close: () => new Promise(done => { server.closeAllConnections(); server.close(done); }) };
}

/** Adds a product with its description, open to every new account. The console must allow its address: `--allow-private`. */
export async function publish(call, name, origin, document) {
  const added = await call('POST', '/products', { name, upstream: origin, autoSubscribe: true });
  if (added.status !== 201) throw new Error(`product: ${added.status} ${added.text}`);
  const form = new FormData();
  form.set('productId', added.json.id);
  form.set('file', new Blob([JSON.stringify(document)]), 'openapi.json');
  const imported = await call('POST', '/docs/api-specs', form);
  if (imported.status !== 201) throw new Error(`import: ${imported.status} ${imported.text}`);
  return { ...added.json, specId: imported.json.id };
}
