// A wire tap in front of an upstream: passes bytes on as they are and keeps what the console sent, so that a test
// knows the credential that no browser may see.
import { once } from 'node:events';
import net from 'node:net';

/** Listens on a free port of the loopback, in front of `origin`; it ends with the test `t`. */
export async function tap(t, origin) {
  const { hostname, port } = new URL(origin);
  const requests = [];
  const sockets = new Set();
  const server = net.createServer(inner => {
    const kept = [];
    requests.push(kept);
    const outer = net.connect(Number(port), hostname);
    for (const [from, to] of [[inner, outer], [outer, inner]]) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => { sockets.delete(from); to.end(); });
    }
    inner.on('data', bytes => { kept.push(bytes); outer.write(bytes); });
    outer.on('data', bytes => inner.write(bytes));
    inner.on('end', () => outer.end());
    outer.on('end', () => inner.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** Requests as they came, oldest first. */
    get requests() { return requests.map(parts => Buffer.concat(parts).toString('latin1')); },
    /** Every credential that came, once. */
    get credentials() {
      const all = this.requests.flatMap(text => [...text.matchAll(/^authorization: bearer (\S+)\r$/gim)].map(match => match[1]));
      return [...new Set(all)];
    },
  };
}

/** Sends the calls of a product through `origin` from now on, as an administrator does it. */
export async function reroute(call, server, name, origin) {
  const product = (await call('GET', '/products')).json.items.find(one => one.name === name);
  const document = await (await fetch(`${server.base}/reference/${product.slug}/openapi.json`)).text();
  const moved = document.replace(/http:\/\/127\.0\.0\.1:\d+/, origin);
  const form = new FormData();
  form.set('productId', product.id);
  form.set('file', new Blob([moved]), 'openapi');
  const imported = await call('POST', '/docs/api-specs', form);
  if (imported.status !== 201) throw new Error(`import: ${imported.status} ${imported.text}`);
  const approved = await call('POST', `/products/${product.id}/approve-upstream`, { origin });
  if (approved.status !== 200) throw new Error(`approve: ${approved.status} ${approved.text}`);
  return { ...product, specId: imported.json.id };
}
