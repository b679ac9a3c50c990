// An API that shows the credential in every way it can. Nothing of it may reach the browser.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { leaks, Needles } from '../support/secrets.js';
import { client, start } from '../support/server.js';
import { send, signUp } from '../support/steps.js';
import { reroute, tap } from '../support/tap.js';

// Sent with the button; the others by the same request from the page.
const BY_HAND = ['raw', 'authorization', 'base64_1', 'html', 'gzip', 'json_escape_partial', 'header_etag', 'set_cookie', 'location', 'sse_split',
  'sse_base64', 'bomb_gzip', 'cut_short', 'status_500', 'pdf', 'reason'];

test('whatever a hostile API answers, the browser sees no credential', async t => {
  const server = await start(t, { hostile: true, log: 'trace' });
  const admin = await client(server);
  const wire = await tap(t, server.hostile);
  const { specId } = await reroute(admin, server, 'Hostile API', wire.origin);
  const operations = (await admin('GET', `/docs/api-specs/${specId}/operations`)).json.items.map(one => one.operationId);
  assert.ok(operations.length > 90, `${operations.length} operations`);

  const visitor = await Visitor.open(await launch(t), server, { allow: [400, 403, 407, 409, 413, 422, 500, 502, 504] });
  const { page } = visitor;
  await signUp(visitor);
  const answers = new Map();

  await t.test('from the page', async () => {
    for (const name of BY_HAND) {
      const operation = `hostile_${name}`;
      assert.ok(operations.includes(operation), operation);
      await visitor.go(`/reference/hostile-api/${operation}`);
      await send(visitor);
      await visitor.step(operation, { axe: ['raw', 'html', 'sse_split', 'bomb_gzip', 'cut_short', 'pdf'].includes(name) });
    }
    assert.ok(wire.requests.length >= BY_HAND.length, 'every call arrived');
    assert.ok(await page.evaluate(() => document.scripts.length <= 2), 'no script came with an answer');
  });

  await t.test('every operation', async () => {
    const all = await page.evaluate(async ({ url, specId, operations }) => {
      const csrf = document.querySelector('#try input[name=csrf]').value;
      const call = async operationId => {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
          body: JSON.stringify({ specId, operationId, environment: 'test', parameters: {} }),
        });
        return [operationId, answer.status, await answer.text().catch(error => `broken off: ${error}`)];
      };
      return Promise.all(operations.map(call));
    }, { url: `${server.base}/api/v1/playground/try`, specId, operations });
    for (const [operation, status, text] of all) answers.set(operation, { status, text });
    assert.equal(answers.size, operations.length);
    const redacted = all.filter(([, , text]) => /"redactions":[1-9]/.test(text));
    assert.ok(redacted.length > 50, `${redacted.length} answers had the credential taken out`);
    assert.equal(all.filter(([, status]) => status === 429).length, 0, 'none was refused for its number');
  });

  await t.test('without JavaScript', async () => {
    const state = await visitor.context.storageState();
    const plain = await Visitor.open(visitor.context.browser(), server, { javaScriptEnabled: false, storageState: state, allow: visitor.allow });
    for (const name of ['raw', 'sse_split', 'status_500']) {
      await plain.go(`/reference/hostile-api/hostile_${name}`);
      await plain.leads(() => plain.page.locator('[data-send]').click());
      await plain.step(`no script: ${name}`);
      assert.match(await plain.text('#response'), /removed/);
    }
    visitor.network.push(...plain.network);
    visitor.snapshots.push(...plain.snapshots);
  });

  await t.test('nothing of it is in what the browser got, in any writing', async () => {
    assert.equal(wire.credentials.length, 1);
    const needles = wire.credentials.map((secret, at) => new Needles(secret, `credential ${at}`));
    const sinks = visitor.sinks();
    for (const [operation, { text }] of answers) sinks.push([operation, text]);
    const own = ([name, bytes]) => name.includes('/assets/') || bytes.length > 200_000;
    assert.deepEqual(leaks(sinks.filter(sink => !own(sink)), needles, { hashes: true, deep: true }), []);
    assert.deepEqual(leaks(sinks.filter(own), needles, { hashes: true }), []);
    assert.deepEqual(leaks(server.files(), needles), []);
  });

  await visitor.healthy();
});
