// What goes wrong says whose fault it is and what to do, and keeps what was typed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';

import { api, publish } from '../support/api.js';
import { launch, Visitor } from '../support/browser.js';
import { client, start } from '../support/server.js';
import { response, send, signUp } from '../support/steps.js';

const operation = (operationId, more = {}) => ({ operationId, summary: operationId, responses: { 200: { description: 'Good' } }, ...more });
const document = origin => ({
  openapi: '3.1.0',
  info: { title: 'Faulty', version: '1' },
  servers: [{ url: origin }],
  security: [{ key: [] }],
  components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  paths: {
    '/orders/{number}': {
      post: operation('order', {
        parameters: [
          { name: 'number', in: 'path', required: true, schema: { type: 'integer', minimum: 1 }, example: 7 },
          { name: 'mode', in: 'query', required: true, schema: { type: 'string', enum: ['fast', 'slow'] } },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', required: ['item'], properties: { item: { type: 'string' } } }, example: { item: 'tea' } } } },
      }),
    },
    '/broken': { get: operation('broken') },
    '/limited': { get: operation('limited') },
    '/cut': { get: operation('cut') },
    '/image': { get: operation('image') },
    '/none': { get: operation('none') },
    '/waits': { get: operation('waits') },
  },
});

test('failures are told, and cost nothing that was typed', { timeout: 120_000 }, async t => {
  const server = await start(t, { args: ['--allow-private', '127.0.0.0/8'] });
  const waiting = [];
  const upstream = await api(t, (request, response) => {
    const json = (status, value, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(value));
    };
    if (request.url.startsWith('/orders/422')) json(422, { error: 'sold out' });
    else if (request.url.startsWith('/broken')) json(500, { error: 'the API fell over' });
    else if (request.url.startsWith('/limited')) json(429, { error: 'slow down' }, { 'retry-after': '7' });
    else if (request.url.startsWith('/cut')) {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    } else if (request.url.startsWith('/image')) {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.end(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 254]));
    } else if (request.url.startsWith('/none')) {
      response.writeHead(204);
      response.end();
    } else if (request.url.startsWith('/waits')) waiting.push(once(response, 'close'));
    else json(200, { ok: true });
  });
  const admin = await client(server);
  const { slug } = await publish(admin, 'Faulty', upstream.origin, document(upstream.origin));
  const visitor = await Visitor.open(await launch(t), server, { allow: [401, 403, 422, 502, 504] });
  const { page } = visitor;
  const nia = await signUp(visitor);
  const open = name => visitor.go(`/reference/${slug}/${name}`);
  const told = () => visitor.text('#response');
  const editor = page.locator('#try-body');

  await t.test('a body that is not JSON', async () => {
    await open('order');
    await page.locator('select[name="p.query.mode"]').selectOption('fast');
    await editor.fill('{"item": ');
    assert.equal(await page.locator('[data-json-state]').innerText(), 'Not valid JSON');
    await visitor.step('not JSON');
    await send(visitor);
    assert.match(await told(), /Not sent[\s\S]*In the request/);
    await visitor.step('not JSON, sent');
    assert.equal(await editor.inputValue(), '{"item": ');
    assert.equal(upstream.calls.length, 0, 'the API was not called');
  });

  await t.test('values that do not fit the description', async () => {
    await editor.fill('{"item": "tea"}');
    await page.locator('input[name="p.path.number"]').fill('many');
    await send(visitor);
    assert.match(await told(), /Not sent[\s\S]*number[\s\S]*In the request/);
    await visitor.step('a parameter that does not fit');
    assert.equal(await page.locator('input[name="p.path.number"]').inputValue(), 'many');
    assert.equal(upstream.calls.length, 0);
    await page.locator('input[name="p.path.number"]').fill('7');
    await send(visitor);
    assert.equal((await response(visitor)).status, '200 OK');
    assert.equal(upstream.calls[0].body, '{"item": "tea"}');
    assert.equal(upstream.calls[0].url, '/orders/7?mode=fast');
  });

  await t.test('what the API refuses is shown as the API says it', async () => {
    await page.locator('input[name="p.path.number"]').fill('422');
    await send(visitor);
    const shown = await response(visitor);
    assert.match(shown.status, /^422/);
    assert.deepEqual(JSON.parse(shown.body), { error: 'sold out' });
    await visitor.step('422 of the API');
    assert.equal(await editor.inputValue(), '{"item": "tea"}');
    for (const [name, status, next] of [['broken', /^500/, /The API failed/], ['limited', /^429/, /The API limits calls: wait 7 s/]]) {
      await open(name);
      await send(visitor);
      assert.match((await response(visitor)).status, status);
      assert.match(await told(), next);
      await visitor.step(`${name} API`);
    }
  });

  await t.test('bodies that are no text', async () => {
    await open('image');
    await send(visitor);
    assert.match(await told(), /Binary, image\/png, 7 B/);
    await open('none');
    await send(visitor);
    assert.match(await told(), /204 No Content[\s\S]*No body/);
    await visitor.step('no body');
  });

  await t.test('a call can be cancelled', async () => {
    await open('waits');
    await page.locator('[data-send]').click();
    await page.locator('[data-elapsed]').filter({ hasText: /[1-9]\d* ms/ }).waitFor();
    const closed = waiting.at(-1);
    await page.locator('[data-cancel]').click();
    assert.match(await told(), /Cancelled/);
    assert.ok(await page.locator('[data-cancel]').isHidden());
    await closed; // the console hangs up as well
  });

  await t.test('a session that ended while the form was open', async () => {
    await open('order');
    await page.locator('select[name="p.query.mode"]').selectOption('slow');
    await editor.fill('{"item": "coffee"}');
    const person = (await visitor.context.cookies()).find(cookie => cookie.name === 'console_session');
    await visitor.context.clearCookies({ name: 'console_session' });
    await send(visitor);
    assert.match(await told(), /Sign in/);
    await visitor.step('session ended');
    assert.equal(await editor.inputValue(), '{"item": "coffee"}');
    assert.match(await told(), /Your session/);
    const form = visitor.here;
    // Signed in again in another tab, the form is sent as it stands.
    await visitor.context.addCookies([person]);
    await send(visitor);
    assert.equal((await response(visitor)).status, '200 OK');
    assert.equal(upstream.calls.at(-1).body, '{"item": "coffee"}');
    // Signed in again in this one, the same form is back, with all that it held.
    await editor.fill('{"item": "cake"}');
    await visitor.context.clearCookies({ name: 'console_session' });
    await send(visitor);
    await visitor.leads(() => page.locator('#response').getByRole('link', { name: /Sign in again/ }).click());
    await page.getByLabel('E-mail address').fill(nia.email);
    await page.getByLabel('Password').fill(nia.password);
    await visitor.leads(() => visitor.button('Sign in').click());
    assert.equal(visitor.here, form);
    await page.waitForFunction(() => document.querySelector('#try-body')?.value.includes('cake'));
    assert.equal(await page.locator('select[name="p.query.mode"]').inputValue(), 'slow');
    await send(visitor);
    assert.equal((await response(visitor)).status, '200 OK');
    assert.equal(upstream.calls.at(-1).body, '{"item": "cake"}');
  });

  await t.test('names that nobody knows, and TLS that is none', async () => {
    const port = new URL(upstream.origin).port;
    for (const [name, origin, told_] of [
      ['Nowhere', 'https://nowhere.invalid', /name does not resolve[\s\S]*the network/],
      ['Plain', `https://127.0.0.1:${port}`, /TLS failed[\s\S]*the network/],
    ]) {
      const { slug } = await publish(admin, name, origin, document(origin));
      await visitor.leads(() => page.goto(visitor.url(`/reference/${slug}/none`)));
      // The product is younger than the account.
      const subscribe = page.getByRole('button', { name: /plan|Free|Standard/i }).first();
      if (await subscribe.isVisible()) await visitor.leads(() => subscribe.click());
      await send(visitor);
      assert.match(await told(), told_);
      await visitor.step(name);
    }
  });

  await t.test('an API that breaks off, and one that is gone', async () => {
    await open('cut');
    await send(visitor);
    assert.match(await told(), /At the API/);
    await visitor.step('broken off');
    await upstream.close();
    await open('order');
    await page.locator('select[name="p.query.mode"]').selectOption('slow');
    await editor.fill('{"item": "milk"}');
    await send(visitor);
    assert.match(await told(), /At the API/);
    await visitor.step('gone');
    assert.equal(await editor.inputValue(), '{"item": "milk"}');
  });

  await t.test('a console that is gone', async () => {
    await server.stop();
    await send(visitor);
    assert.match(await told(), /did not answer[\s\S]*What you typed is kept/);
    assert.equal(await editor.inputValue(), '{"item": "milk"}');
    visitor.faults = visitor.faults.filter(text => !/ERR_CONNECTION_REFUSED/.test(text));
  });

  await visitor.healthy();
});

test('an API that takes too long is told as such, and what the wait was for', { timeout: 90_000 }, async t => {
  const server = await start(t, { hostile: true, args: ['--allow-private', '127.0.0.0/8', '--try-timeout', '1'] });
  const upstream = await api(t, () => { /* never answers */ });
  const { slug } = await publish(await client(server), 'Slow', upstream.origin, document(upstream.origin));
  const browser = await launch(t);
  const visitor = await Visitor.open(browser, server, { allow: [504] });
  const { page } = visitor;
  await signUp(visitor);
  const told = /The API took too long \(first byte\)\.[\s\S]*The API may have done what you asked for[\s\S]*At the API: the network[\s\S]*504/;
  const body = '{"item": "tea"}';
  const fill = async ({ page }) => {
    await page.locator('select[name="p.query.mode"]').selectOption('slow');
    await page.locator('#try-body').fill(body);
  };

  await t.test('with scripts', async () => {
    await visitor.go(`/reference/${slug}/order`);
    await fill(visitor);
    const began = performance.now();
    await send(visitor);
    const waited = performance.now() - began;
    assert.ok(waited > 950 && waited < 5000, `waited ${waited} ms`);
    assert.match(await visitor.text('#response'), told);
    assert.match(await visitor.text('#response .card-h'), /No answer/);
    assert.equal(upstream.calls.length, 1, 'not sent twice');
    assert.equal(await page.locator('#try-body').inputValue(), body);
    assert.equal(await page.locator('select[name="p.query.mode"]').inputValue(), 'slow');
    await visitor.step('too slow');
  });

  await t.test('a server that accepts the call and says nothing', async () => {
    await visitor.go('/reference/hostile-api/hostile_silent');
    await send(visitor);
    assert.match(await visitor.text('#response'), told);
    await visitor.step('silent');
  });

  await t.test('without scripts', async () => {
    const plain = await Visitor.open(browser, server, { javaScriptEnabled: false, allow: [504], storageState: await visitor.context.storageState() });
    await plain.go(`/reference/${slug}/order`);
    await fill(plain);
    await plain.leads(() => plain.page.locator('[data-send]').click());
    assert.match(await plain.text('#response'), /The API took too long \(first byte\)\. The API may have done what you asked for[\s\S]*At the API[\s\S]*upstream_timeout/);
    assert.equal(await plain.page.locator('#try-body').inputValue(), body);
    await plain.step('too slow, no script');
    await plain.healthy();
  });
  await visitor.healthy();
});

test('a budget of calls that is used up says when to go on', { timeout: 60_000 }, async t => {
  const server = await start(t, { args: ['--try-per-person', '5'] });
  const visitor = await Visitor.open(await launch(t), server, { allow: [429] });
  const { page } = visitor;
  await signUp(visitor);
  await visitor.go('/reference/translation-api/translateText');
  const again = () => page.evaluate(async () => {
    const form = document.querySelector('#try');
    const call = { specId: form.dataset.spec, operationId: 'listLanguages', environment: 'test' };
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': form.elements.csrf.value };
    return (await fetch(form.dataset.try, { method: 'POST', headers, body: JSON.stringify(call) })).status;
  });
  let status = 200;
  for (let i = 0; i < 20 && status !== 429; i++) status = await again();
  assert.equal(status, 429);
  await page.locator('#try-body').fill('{"target_lang": "de", "text": "Hello"}');
  await send(visitor);
  assert.match(await visitor.text('#response'), /Too many playground calls[\s\S]*Your budget of calls[\s\S]*Try again in/);
  await visitor.step('budget');
  assert.equal(await page.locator('#try-body').inputValue(), '{"target_lang": "de", "text": "Hello"}');
  await visitor.healthy();
});

test('a subscription that ended while the form was open is told as such', { timeout: 60_000 }, async t => {
  const server = await start(t);
  const visitor = await Visitor.open(await launch(t), server, { allow: [403] });
  const { page } = visitor;
  await signUp(visitor);
  await visitor.go('/reference/translation-api/translateText');
  const other = await visitor.context.newPage();
  await other.goto(visitor.url('/subscriptions'));
  await other.getByRole('link', { name: /^Cancel Translation API/ }).click();
  await other.locator('input[name=confirm]').fill('Free');
  await other.getByRole('button', { name: 'Cancel subscription' }).click();
  await other.waitForURL(url => !url.pathname.endsWith('/cancel'));
  await other.close();
  await page.locator('#try-body').fill('{"target_lang": "de", "text": "Hello"}');
  await send(visitor);
  assert.match(await visitor.text('#response'), /no active subscription[\s\S]*Your subscription/);
  await visitor.step('no subscription');
  assert.equal(await page.locator('#try-body').inputValue(), '{"target_lang": "de", "text": "Hello"}');
  visitor.opened = [];
  await visitor.healthy();
});
