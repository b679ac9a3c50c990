// An agent with a real MCP client: it reads the documentation and calls operations, and never sees a key.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { launch, Visitor } from '../support/browser.js';
import { leaks, Needles } from '../support/secrets.js';
import { client, DEVELOPER, start } from '../support/server.js';
import { signIn } from '../support/steps.js';
import { reroute, tap } from '../support/tap.js';

/** A client that keeps every byte it receives. */
async function connect(server, token) {
  const received = [];
  const recording = async (url, init) => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    received.push([`${init?.method ?? 'GET'} ${url} ${String(init?.body ?? '').slice(0, 200)}`, JSON.stringify([...answer.headers]) + text]);
    return new Response(text || null, { status: answer.status, headers: answer.headers });
  };
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const transport = new StreamableHTTPClientTransport(new URL(`${server.base}/mcp`), { fetch: recording, requestInit: { headers } });
  const agent = new Client({ name: 'journey', version: '1.0.0' });
  await agent.connect(transport);
  const call = async (name, args = {}) => {
    const result = await agent.callTool({ name, arguments: args });
    return { ...result, text: result.content.map(part => part.text ?? '').join('\n'), json: result.structuredContent };
  };
  return { agent, call, received };
}

test('an agent reads, searches and calls without a key', async t => {
  const server = await start(t, { hostile: true, log: 'trace' });
  const admin = await client(server);
  const person = await client(server, DEVELOPER);
  const wire = await tap(t, server.upstream);
  await reroute(admin, server, 'Translation API', wire.origin);
  const evil = await tap(t, server.hostile);
  const hostile = await reroute(admin, server, 'Hostile API', evil.origin);
  const mine = (await person('GET', '/subscriptions')).json;
  assert.ok(mine.items.length >= 1);

  const reader = await connect(server);
  let sandbox, live;

  await t.test('without a token it reads what is public', async () => {
    const { tools } = await reader.agent.listTools();
    assert.deepEqual(tools.map(tool => tool.name).sort(), ['list_operations', 'list_products', 'read_operation', 'read_page', 'search', 'try']);
    for (const tool of tools) {
      assert.ok(tool.description.length > 20, tool.name);
      assert.equal(tool.inputSchema.type, 'object', tool.name);
    }
    assert.equal(tools.find(tool => tool.name === 'try').annotations.readOnlyHint, false);
    const products = await reader.call('list_products');
    assert.ok(products.json.products.some(product => product.slug === 'translation-api' && product.operations > 0));
    const listed = await reader.call('list_operations', { product: 'translation-api' });
    assert.ok(listed.json.operations.some(operation => operation.id === 'translateText' && operation.method === 'POST'));
    const read = await reader.call('read_operation', { product: 'translation-api', operation: 'translateText' });
    for (const word of ['POST /v1/translate', 'target_lang', '$AFORO_KEY']) assert.ok(read.text.includes(word), `${word} in\n${read.text}`);
    const pages = await reader.call('read_page');
    const path = pages.text.match(/\/docs\/([\w/-]+)\.md/)?.[1];
    assert.ok(path, pages.text);
    const page = await reader.call('read_page', { path });
    assert.match(page.text, /^# /m);
  });

  await t.test('it finds operations and guides', async () => {
    const found = await reader.call('search', { query: 'translate text' });
    assert.ok(found.json.hits.length > 0, found.text);
    assert.ok(found.json.hits.some(hit => hit.url.includes('/reference/translation-api/translateText')), found.text);
    const one = await reader.call('search', { query: 'translate', limit: 1 });
    assert.equal(one.json.hits.length, 1);
  });

  await t.test('what is wrong is told so that it can act', async () => {
    const refused = async (name, args, code) => {
      const answer = await reader.call(name, args);
      assert.equal(answer.isError, true, name);
      assert.equal(answer.json.code, code, JSON.stringify(answer.json));
      assert.ok(answer.json.detail.length > 20);
    };
    await refused('read_operation', { product: 'translation-api', operation: 'nothing' }, 'not_found');
    await refused('read_operation', { product: 'nothing', operation: 'nothing' }, 'not_found');
    await refused('read_page', { path: 'no/such/page' }, 'not_found');
    await refused('try', { product: 'translation-api', operation: 'translateText', body: {} }, 'agent_token_required');
    // Clients show either as a failed call.
    const fails = async (name, args) => {
      const answer = await reader.call(name, args).catch(error => ({ isError: true, text: String(error) }));
      assert.equal(answer.isError, true, `${name}: ${answer.text}`);
    };
    await fails('try', { url: 'http://169.254.169.254/' });
    await fails('nothing', {});
  });

  await t.test('a person lets it in on a page, and the token is shown once', async () => {
    const visitor = await Visitor.open(await launch(t), server, { allow: [422] });
    const { page } = visitor;
    await signIn(visitor, DEVELOPER);
    await visitor.go('/agents');
    await visitor.step('no agents');
    await visitor.leads(() => visitor.button('Let it in').click());
    assert.match(await page.title(), /^Error: /);
    await visitor.step('agents, without a name');
    await page.getByLabel('Name').fill('Journey');
    await visitor.leads(() => visitor.button('Let it in').click());
    sandbox = await visitor.text('#secret');
    await visitor.step('agent token', { axe: true });
    await page.getByLabel('The agent has its token').check();
    await visitor.leads(() => visitor.button('Done').click());
    assert.ok(!(await page.content()).includes(sandbox.split('.').at(-1)));
    await visitor.step('agents');
    await visitor.healthy();
    live = (await person('POST', '/agents', { name: 'Live', live: true, days: 1 })).json.token;
  });

  const agent = await connect(server, sandbox);
  const body = { source_lang: 'en', target_lang: 'es', text: 'Good morning, world.' };
  const translate = { product: 'translation-api', operation: 'translateText', body };

  await t.test('it calls an operation in the sandbox', async () => {
    const answer = await agent.call('try', translate);
    assert.equal(answer.isError ?? false, false, answer.text);
    assert.equal(answer.json.status, 200);
    assert.ok(JSON.parse(answer.json.body));
    assert.ok(answer.json.timing.total > 0);
    const refused = await agent.call('try', { ...translate, environment: 'live' });
    assert.equal(refused.json.code, 'live_not_granted');
    for (const odd of ['Live', 'LIVE', ' live', 'prod', 'production']) assert.equal((await agent.call('try', { ...translate, environment: odd })).isError, true, odd);
    assert.equal((await agent.call('try', { ...translate, environment: '' })).json.status, 200, 'empty means Sandbox');
    assert.equal(new Set(wire.credentials.map(secret => secret.slice(0, 8))).size, 1, 'only Sandbox credentials went upstream');
    const wrong = await agent.call('try', { ...translate, operation: 'nothing' });
    assert.equal(wrong.isError, true);
  });

  await t.test('and in Live when it was let in for that', async () => {
    const other = await connect(server, live);
    const answer = await other.call('try', { ...translate, environment: 'live' });
    assert.equal(answer.json.status, 200, answer.text);
    agent.received.push(...other.received);
  });

  await t.test('a hostile API shows it nothing', async () => {
    const operations = (await admin('GET', `/docs/api-specs/${hostile.specId}/operations`)).json.items.map(one => one.operationId);
    for (let at = 0; at < operations.length; at += 12) {
      await Promise.all(operations.slice(at, at + 12).map(operation => agent.call('try', { product: 'hostile-api', operation })));
    }
    assert.ok(evil.requests.length > 50, `${evil.requests.length} calls arrived`);
  });

  await t.test('no byte that it received holds a credential', async () => {
    const secrets = [...wire.credentials, ...evil.credentials];
    assert.ok(secrets.length >= 3, `${secrets.length} credentials went upstream`);
    const needles = secrets.map((secret, at) => new Needles(secret, `credential ${at}`));
    const sinks = [...reader.received, ...agent.received];
    assert.ok(sinks.length > 60);
    assert.deepEqual(leaks(sinks, needles, { hashes: true, deep: true }), []);
    const own = [...needles, new Needles(sandbox.split('.').at(-1), 'agent token')];
    assert.deepEqual(leaks(server.files(), own), []);
  });

  await t.test('its token opens nothing else, and nothing else opens its door', async () => {
    const status = async (where, headers, body) => (await fetch(`${server.base}${where}`, { method: body ? 'POST' : 'GET', headers, body })).status;
    assert.equal(await status('/api/v1/account', { authorization: `Bearer ${sandbox}` }), 401);
    assert.equal(await status('/api/v1/api-keys', { authorization: `Bearer ${sandbox}` }), 401);
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const speaks = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    assert.equal(await status('/mcp', speaks, message), 200);
    assert.equal(await status('/mcp', { ...speaks, authorization: 'Bearer nonsense' }, message), 401);
    assert.equal(await status('/mcp', { ...speaks, origin: 'https://evil.test' }, message), 403);
    assert.equal(await status('/mcp', { ...speaks, authorization: `Bearer ${sandbox}`, origin: 'https://evil.test' }, message), 403);
  });

  await t.test('an agent that was ended is out at once', async () => {
    const { items } = (await person('GET', '/agents')).json;
    for (const one of items) assert.equal((await person('DELETE', `/agents/${one.id}`)).status, 204);
    await assert.rejects(agent.call('try', translate), /401|Unauthorized|unauthenticated/);
    assert.equal((await person('GET', '/agents')).json.items.length, 0);
  });
});
