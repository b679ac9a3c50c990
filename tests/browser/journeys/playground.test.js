// Try it as somebody uses it who would otherwise open another program: edit, send, look, do it again.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { api, publish } from '../support/api.js';
import { launch, Visitor } from '../support/browser.js';
import { client, start } from '../support/server.js';
import { addsUp, response, send, signUp } from '../support/steps.js';

const operation = (operationId, more = {}) => ({ operationId, summary: operationId, responses: { 200: { description: 'Good' } }, ...more });
const json = (schema, example) => ({ required: true, content: { 'application/json': { schema, example } } });
const PET = {
  type: 'object',
  required: ['name', 'kind'],
  properties: {
    name: { type: 'string', maxLength: 20 },
    kind: { type: 'string', enum: ['cat', 'dog'] },
    age: { type: 'integer' },
    vaccinated: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    owner: { type: 'object', required: ['email'], properties: { email: { type: 'string' } } },
    toys: { type: 'array', items: { type: 'object', properties: { label: { type: 'string' } } } },
    home: { oneOf: [
      { type: 'object', title: 'House', required: ['rooms'], properties: { rooms: { type: 'integer' } } },
      { type: 'object', title: 'Flat', required: ['floor'], properties: { floor: { type: 'integer' } } },
    ] },
  },
};
const document = origin => ({
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  servers: [{ url: origin }],
  security: [{ key: [] }],
  components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  paths: {
    '/pets': { post: operation('addPet', { requestBody: json(PET, { name: 'Tom', kind: 'cat', unknown: 12345678901234567890n }) }) },
    '/upload': { post: operation('upload', { requestBody: { content: { 'multipart/form-data': { schema: { type: 'object', properties: { title: { type: 'string' }, photo: { type: 'string', format: 'binary' } } } } } } }) },
    '/raw': { put: operation('raw', { requestBody: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } } }) },
    '/lines': { get: operation('lines') },
    '/image': { get: operation('image') },
    '/large': { get: operation('large') },
    '/cars/{id}': { get: operation('car', { parameters: [
      { name: 'id', in: 'path', required: true, style: 'matrix', explode: true, schema: { type: 'array', items: { type: 'string' } }, example: ['a b', 'c;d'] },
      { name: 'filter', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' }, example: { a: 1 } },
      { name: 'ids', in: 'query', style: 'pipeDelimited', explode: false, schema: { type: 'array', items: { type: 'integer' } } },
    ] }) },
  },
});
const text = document => JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? Number(value) : value));

async function world(t, options = {}) {
  const server = await start(t, { args: ['--allow-private', '127.0.0.0/8'] });
  const upstream = await api(t, async (request, answer, body) => {
    const say = (type, bytes) => { answer.writeHead(200, { 'content-type': type }); answer.end(bytes); };
    if (request.url === '/lines') {
      answer.writeHead(200, { 'content-type': 'application/x-ndjson' });
      for (let i = 0; i < 3; i++) {
        answer.write(`{"line":${i},"key":"${request.headers.authorization.slice(7)}"}\n`);
        await sleep(150);
      }
      return answer.end();
    }
    if (request.url === '/image') return say('image/png', Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'));
    if (request.url === '/large') return say('application/json', `[${Array.from({ length: 150_000 }, (_, i) => `"${i} ......"`).join(',')}]`);
    return say('application/json', JSON.stringify({ authorization: request.headers.authorization, type: request.headers['content-type'] ?? null, body }));
  });
  const admin = await client(server);
  const { slug } = await publish(admin, 'Pets', upstream.origin, JSON.parse(text(document(upstream.origin))));
  const visitor = await Visitor.open(await launch(t), server, { allow: [401, 422], ...options });
  const person = await signUp(visitor);
  return { server, upstream, visitor, person, page: visitor.page, open: name => visitor.go(`/reference/${slug}/${name}`), slug };
}

test('one call in every way that people make calls', { timeout: 180_000 }, async t => {
  const { server, upstream, visitor, page, open } = await world(t);
  const field = pointer => page.locator(`[name="b.${pointer}"]`);
  const view = async name => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator(`button[value="view:${name.toLowerCase()}"][aria-pressed=true]`).waitFor();
  };
  const last = () => upstream.calls.at(-1);

  await t.test('Python is picked, the body edited: the sample shows the edit, and stays in the next operation', async () => {
    await visitor.go('/reference/translation-api/translateText');
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.locator('#try-body').fill('{"target_lang": "fr", "text": "Hello friend"}');
    await page.locator('#code-python').getByText('Hello friend').waitFor();
    await send(visitor);
    const shown = await response(visitor);
    assert.equal(shown.status, '200 OK');
    assert.equal(JSON.parse(shown.body).text, 'Bonjour ami');
    addsUp(shown);
    await page.locator('#code-python').getByText('Hello friend').waitFor();
    await open('addPet');
    assert.equal(await page.getByRole('tab', { name: 'Python' }).getAttribute('aria-selected'), 'true');
    await page.reload();
    assert.equal(await page.getByRole('tab', { name: 'Python' }).getAttribute('aria-selected'), 'true');
    await visitor.go(`${visitor.here}?lang=curl`);
    assert.equal(await page.getByRole('tab', { name: 'cURL' }).getAttribute('aria-selected'), 'true', 'a shared link');
  });

  await t.test('the credential reaches the API, and comes back from nowhere', async () => {
    await open('addPet');
    await send(visitor);
    const shown = await response(visitor);
    assert.equal(shown.status, '200 OK');
    assert.match(last().headers.authorization, /^Bearer sk_test_/);
    assert.match(JSON.parse(shown.body).authorization, /redacted/);
    assert.match(await visitor.text('#response'), /•••• 1 credential removed/);
    for (const entry of visitor.network) assert.ok(!/authorization/i.test(Object.keys(entry.requestHeaders).join()), entry.url);
    await visitor.step('answer');
    for (const [tab, pattern] of [['Headers', /content-type/], ['Raw', /^200 OK\s+content-type: application\/json\s+\{"authorization"/]]) {
      await page.getByRole('tab', { name: tab }).click();
      assert.match(await visitor.text('.resptabs [role=tabpanel]:not([hidden])'), pattern);
      await visitor.step(`tab ${tab}`);
    }
    await page.keyboard.press('Home');
    assert.equal(await page.getByRole('tab', { name: 'Body' }).getAttribute('aria-selected'), 'true');
  });

  await t.test('form and JSON are one body', async () => {
    await open('addPet');
    await view('Form');
    assert.equal(await field('/name').inputValue(), 'Tom');
    await field('/name').fill('Felix');
    await field('/vaccinated').selectOption('true');
    await page.getByRole('button', { name: 'Add tags' }).click();
    await field('/tags/0').fill('black');
    await page.getByRole('button', { name: 'Add toys' }).click();
    await field('/toys/0/label').fill('ball');
    await page.locator('.bgroup > summary', { hasText: 'owner' }).click();
    await field('/owner/email').fill('felix@owner.test');
    await page.locator('[name="alt./home"]').selectOption({ index: 1 });
    await field('/home/floor').fill('3');
    await visitor.step('form');
    await page.locator('#code-curl').getByText('felix@owner.test').waitFor();
    await view('JSON');
    const body = JSON.parse(await page.locator('#try-body').inputValue());
    assert.deepEqual({ ...body, unknown: null }, { name: 'Felix', kind: 'cat', unknown: null, vaccinated: true, tags: ['black'], toys: [{ label: 'ball' }], owner: { email: 'felix@owner.test' }, home: { floor: 3 } });
    assert.ok('unknown' in body, 'what no field shows stays');
    await page.locator('#try-body').fill(JSON.stringify({ ...body, name: 'Minka', tags: ['a', 'b'] }));
    await view('Form');
    assert.equal(await field('/name').inputValue(), 'Minka');
    await page.getByRole('button', { name: 'Remove tags 1' }).click();
    await field('/tags/1').waitFor({ state: 'detached' });
    assert.equal(await field('/tags/0').inputValue(), 'b');
    await send(visitor);
    const sent = JSON.parse(last().body);
    assert.deepEqual([sent.name, sent.tags, sent.home], ['Minka', ['b'], { floor: 3 }]);
    // JSON that cannot be read has no fields, and is not lost.
    await view('JSON');
    await page.locator('#try-body').fill('{"name": ');
    await page.getByRole('button', { name: 'Form', exact: true }).click();
    await page.getByText('The body is not valid JSON').waitFor();
    assert.equal(await page.locator('#try-body').inputValue(), '{"name": ');
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.waitForFunction(() => document.querySelector('#try-body')?.value.includes('Tom'));
  });

  await t.test('what does not fit is told at its place, and can be sent anyway', async () => {
    await page.locator('#try-body').fill('{\n  "name": "Tom",\n  "kind": "bird",\n  "age": "old"\n}');
    await page.locator('[data-json-state]', { hasText: 'Does not fit: 2' }).waitFor();
    assert.deepEqual(await page.locator('json-editor .badln').allTextContents(), ['  "kind": "bird",', '  "age": "old"']);
    const calls = upstream.calls.length;
    await send(visitor);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'try-findings');
    assert.match(await visitor.text('#try-findings'), /2 things do not fit[\s\S]*Line 3:\s*\/kind[\s\S]*Line 4:\s*\/age/);
    assert.equal(upstream.calls.length, calls, 'nothing was sent');
    await visitor.step('findings');
    await view('Form');
    const note = page.locator('.brow[data-pointer="/age"]');
    await note.locator('.err:not([hidden])').waitFor();
    assert.equal(await note.locator('.in').getAttribute('aria-invalid'), 'true');
    await visitor.step('findings at fields');
    await send(visitor);
    await page.getByRole('button', { name: 'Send anyway' }).click();
    await page.locator('#response-body').waitFor();
    assert.equal(JSON.parse(last().body).age, 'old');
  });

  await t.test('files', async () => {
    await open('upload');
    await field('/title').fill('A photo');
    await page.locator('[name="file:photo"]').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([1, 2, 3, 0]) });
    await visitor.step('upload');
    await send(visitor);
    await page.locator('#response-body').waitFor();
    assert.match(last().headers['content-type'], /^multipart\/form-data; boundary=/);
    assert.match(last().body, /name="title"\r\n\r\nA photo\r\n[\s\S]*name="photo"; filename="cat\.png"\r\nContent-Type: image\/png\r\n\r\n\u0001\u0002\u0003\u0000\r\n/);
    // Too much is told before it is sent, and the form is kept.
    const calls = upstream.calls.length;
    await page.locator('[name="file:photo"]').setInputFiles({ name: 'big.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(1_200_000) });
    await send(visitor);
    assert.match(await visitor.text('#response'), /files are too large[\s\S]*1 MiB[\s\S]*In the request/);
    assert.equal(upstream.calls.length, calls);
    assert.equal(await field('/title').inputValue(), 'A photo');
    await open('raw');
    await page.locator('[name="file:"]').setInputFiles({ name: 'x', mimeType: '', buffer: Buffer.from('bytes') });
    await send(visitor);
    await page.locator('#response-body').waitFor();
    assert.deepEqual([last().body, last().headers['content-type']], ['bytes', 'application/octet-stream']);
  });

  await t.test('every style of parameter', async () => {
    await open('car');
    await page.locator('[name="p.query.filter"]').fill('{"a": "1 2"}');
    await page.locator('[name="p.query.ids"]').fill('1,2');
    await page.locator('[name="p.path.id"]').fill('["a b", "c"]');
    await send(visitor);
    await page.locator('#response-body').waitFor();
    assert.equal(last().url, '/cars/;id=a%20b;id=c?filter%5Ba%5D=1%202&ids=1%7C2');
    // What is typed cannot begin a parameter of its own.
    const calls = upstream.calls.length;
    visitor.allow.push(400);
    await page.locator('[name="p.path.id"]').fill('["c;admin=1"]');
    await send(visitor);
    assert.match(await visitor.text('#response'), /In the request/);
    assert.equal(upstream.calls.length, calls);
  });

  await t.test('streams of lines, images, and much text', async () => {
    await open('lines');
    await send(visitor);
    const lines = (await page.locator('#response-body').textContent()).trim().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(JSON.parse(line).key, /redacted/);
    addsUp(await response(visitor));
    await open('image');
    await send(visitor);
    const image = page.locator('.respimg img');
    await image.waitFor();
    assert.equal(await image.evaluate(node => node.complete && node.naturalWidth), 1);
    await visitor.step('image');
    await open('large');
    await send(visitor);
    assert.match(await visitor.text('#response'), /The first 1 MB of \d\.\d MB are shown/);
    assert.equal((await page.locator('#response-body').textContent()).length, 1_000_000);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
    assert.equal(download.suggestedFilename(), 'response.json');
  });

  await t.test('history: again, elsewhere, and gone with the session', async () => {
    await open('addPet');
    const box = page.locator('#try-history');
    await box.locator('summary').click();
    assert.ok(await box.locator('li').count() > 5);
    await visitor.step('history');
    const stored = await page.evaluate(() => JSON.stringify(sessionStorage));
    assert.ok(!/sk_(live|test)_|csrf/.test(stored), 'no secret is kept');
    await box.locator('li', { hasText: 'POST addPet' }).first().getByRole('button', { name: 'Fill in addPet' }).click();
    await page.waitForFunction(() => document.querySelector('#try-body')?.value.includes('bird'));
    await Promise.all([page.waitForURL(/\/car$/), box.locator('li', { hasText: 'GET car' }).last().getByRole('button', { name: 'Open car' }).click()]);
    await page.waitForFunction(() => document.querySelector('[name="p.query.ids"]').value === '1,2');
    await page.locator('details.menu summary').click();
    await visitor.leads(() => visitor.button('Sign out').click());
    await signUp(visitor);
    await open('addPet');
    assert.equal(await page.locator('#try-history').count(), 0, 'somebody else sees nothing of it');
  });

  await t.test('dark, and on a phone', async () => {
    await visitor.context.addCookies([{ name: 'theme', value: 'dark', url: server.base }]);
    await page.setViewportSize({ width: 390, height: 844 });
    await open('addPet');
    await view('Form');
    await visitor.step('form on a phone, dark');
    await field('/age').fill('x');
    await send(visitor);
    await visitor.step('findings on a phone, dark');
    await page.getByRole('button', { name: 'Send anyway' }).click();
    await page.locator('#response-body').waitFor();
    await visitor.step('answer on a phone, dark');
  });

  await visitor.healthy();
});

test('Live asks once a session, and stays marked', { timeout: 60_000 }, async t => {
  const { upstream, visitor, page, open } = await world(t);
  await open('addPet');
  await page.locator('input[name=environment][value=live]').check({ force: true });
  assert.ok(await page.getByText('Live calls are metered and act on real data').isVisible());
  await page.locator('[data-send]').click();
  const dialog = page.locator('#live-confirm');
  await dialog.waitFor({ state: 'visible' });
  await visitor.step('live confirmation');
  await visitor.button('Send to Live').click();
  await page.locator('#response-body').waitFor();
  assert.match(upstream.calls.at(-1).headers.authorization, /^Bearer sk_live_/);
  // Neither the next page nor a new tab asks again; the environment is remembered, and its mark stays.
  await open('upload');
  assert.ok(await page.locator('input[name=environment][value=live]').isChecked());
  assert.ok(await page.getByText('Live calls are metered and act on real data').isVisible());
  await page.locator('[name="b./title"]').fill('x');
  await send(visitor);
  await page.locator('#response-body').waitFor();
  assert.ok(!await dialog.isVisible());
  await visitor.healthy();
});

test('the same without JavaScript', { timeout: 120_000 }, async t => {
  const { upstream, visitor, page, open } = await world(t, { javaScriptEnabled: false });
  const click = name => visitor.leads(() => page.getByRole('button', { name, exact: true }).first().click());
  const sends = () => visitor.leads(() => page.locator('[data-send]').click());
  await open('addPet');
  await click('Form');
  await page.locator('[name="b./name"]').fill('Felix');
  await click('Add tags');
  assert.equal(await page.locator('[name="b./name"]').inputValue(), 'Felix');
  await page.locator('[name="b./tags/0"]').fill('black');
  await page.locator('[name="b./age"]').fill('old');
  await visitor.step('form');
  await sends();
  assert.match(await visitor.text('#response'), /Not sent yet/);
  assert.match(await visitor.text('#try-findings'), /\/age/);
  assert.equal(upstream.calls.length, 0);
  await visitor.step('findings');
  await visitor.leads(() => page.locator('#try-findings').getByRole('button', { name: 'Send anyway' }).click());
  assert.deepEqual(JSON.parse(upstream.calls.at(-1).body).tags, ['black']);
  await click('JSON');
  assert.match(await page.locator('#try-body').inputValue(), /"Felix"/);

  await open('addPet');
  await page.locator('input[name=environment][value=live]').check({ force: true });
  const before = upstream.calls.length;
  await sends();
  assert.match(await visitor.text('#response'), /Send to Live\?/);
  assert.equal(upstream.calls.length, before);
  await visitor.step('live confirmation');
  await click('Send to Live');
  assert.equal(upstream.calls.length, before + 1);
  await open('addPet');
  assert.ok(await page.locator('input[name=environment][value=live]').isChecked());
  await sends();
  assert.equal(upstream.calls.length, before + 2, 'asked once');

  await open('upload');
  await page.locator('[name="b./title"]').fill('A photo');
  await page.locator('[name="file:photo"]').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([1, 2, 3]) });
  await sends();
  assert.match(upstream.calls.at(-1).body, /A photo\r\n[\s\S]*filename="cat\.png"/);
  assert.equal(await page.locator('[name="b./title"]').inputValue(), 'A photo');
  await visitor.healthy();
});
