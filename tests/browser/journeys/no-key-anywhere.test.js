// The whole life of a key, and a search of everything that was written, sent or shown for it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

import { launch, Visitor } from '../support/browser.js';
import { leaks, Needles } from '../support/secrets.js';
import { client, start } from '../support/server.js';
import { createKey, response, revealed, send, signUp, somebody } from '../support/steps.js';
import { reroute, tap } from '../support/tap.js';

test('the search finds what it looks for', () => {
  const body = 'Ab3dE'.repeat(8);
  const secret = `sk_${'live'}_${body}`;
  const part = body.slice(7, 31);
  const written = {
    raw: part, lower: part.toLowerCase(), hex: Buffer.from(part).toString('hex'), base64: Buffer.from(`{"key":"${secret}"}`).toString('base64'),
    shifted: Buffer.from(`x${secret}`).toString('base64'), shiftedTwice: Buffer.from(`xy${secret}`).toString('base64url'),
    utf16: Buffer.from(part, 'utf16le').toString('latin1'), percent: [...part].map(c => `%${c.charCodeAt(0).toString(16)}`).join(''),
    reversed: [...secret].reverse().join(''),
  };
  for (const [how, text] of Object.entries(written)) assert.ok(new Needles(secret, 'key').find(`before ${text} after`), how);
  assert.equal(new Needles(secret, 'key').find(`sk_live_…${body.slice(-4)} ${'x'.repeat(40)}`), null);
  assert.deepEqual(leaks([['page', `a ${secret} b`]], []), ['page: looks like a key']);
  const hidden = {
    partly: [...part].map((c, at) => (at % 3 ? c : `\\u00${c.charCodeAt(0).toString(16)}`)).join(''), parted: [...part].join('","'),
    twice: Buffer.from(Buffer.from(`x${secret}`).toString('base64')).toString('base64'), entities: [...part].map(c => `&#00${c.charCodeAt(0)};`).join(''),
    zipped: gzipSync(JSON.stringify({ secret })).toString('base64'),
  };
  for (const [how, text] of Object.entries(hidden)) assert.ok(new Needles(secret, 'key').find(`{"body":"${text}"}`, { deep: true }), how);
});

test('a key lives and dies, and is nowhere but on the page that revealed it', async t => {
  const server = await start(t, { log: 'trace' });
  const admin = await client(server);
  const wire = await tap(t, server.upstream);
  await reroute(admin, server, 'Translation API', wire.origin);

  const visitor = await Visitor.open(await launch(t), server, { allow: [422] });
  const { page } = visitor;
  const person = somebody();
  const secrets = [];
  const reveals = [];
  const keep = (what, { secret, exchange }) => {
    secrets.push(new Needles(secret, what));
    reveals.push(exchange);
    return secret;
  };
  // A program with a key calls the demo API, which asks the console whether the key is good.
  const program = async authorization => (await fetch(`${server.upstream}/v1/languages`, { headers: { authorization } })).status;
  const bearer = key => program(`Bearer ${key}`);
  const row = name => page.locator('tbody tr', { hasText: name });

  let first, second, pair;

  await t.test('a new key works', async () => {
    await signUp(visitor, person);
    first = keep('first key', await createKey(visitor, { name: 'worker' }));
    await page.getByLabel('I have stored this key').check();
    await visitor.leads(() => visitor.button('Done').click());
    await visitor.step('keys');
    assert.equal(await bearer(first), 200);
    assert.equal(await bearer(`${first.slice(0, -1)}${first.endsWith('a') ? 'b' : 'a'}`), 401);
  });

  await t.test('so does a client id with its secret', async () => {
    const made = await createKey(visitor, { name: 'agent', pair: true, live: true });
    const id = await visitor.text('#client-id');
    pair = `Basic ${btoa(`${id}:${keep('client secret', made)}`)}`;
    await visitor.go('/keys');
    await visitor.step('keys with a client');
    assert.equal(await program(pair), 200);
  });

  await t.test('the playground calls with credentials of its own', async () => {
    await visitor.go('/reference/translation-api/translateText');
    for (const environment of ['test', 'live']) {
      await page.locator(`input[name=environment][value=${environment}]`).check({ force: true });
      if (environment === 'live') {
        await page.locator('[data-send]').click();
        await visitor.button('Send to Live').click();
        await page.locator('[data-send]:not([aria-busy])').waitFor();
      } else await send(visitor);
      assert.equal((await response(visitor)).status, '200 OK');
      await visitor.step(`response, ${environment}`, { axe: false });
    }
    assert.equal(wire.credentials.length, 2, 'one for each environment');
    for (const [at, secret] of wire.credentials.entries()) {
      assert.match(secret, /^sk_(test|live)_[0-9A-Za-z]{40}$/);
      secrets.push(new Needles(secret, `credential ${at} of the playground`));
    }
  });

  await t.test('rotation: both keys work while the old one counts down', async () => {
    await visitor.go('/keys');
    await visitor.leads(() => page.getByRole('button', { name: 'Rotate worker' }).click());
    second = keep('second key', await revealed(visitor));
    assert.notEqual(second, first);
    await visitor.accessible('reveal after rotation');
    assert.match(await visitor.text('.banner count-down'), /^[45]:\d\d$/);
    await visitor.go('/keys');
    const clock = row('GRACE').locator('count-down');
    const before = await clock.innerText();
    assert.match(before, /^(5:00|4:5\d)$/);
    await page.waitForFunction(before => document.querySelector('tr.rotating count-down').textContent < before, before);
    await visitor.step('keys in rotation');
    // Five minutes on, for the clock of the page alone.
    const later = await visitor.context.newPage();
    await later.clock.install();
    await later.goto(visitor.url('/keys'));
    assert.ok(await later.getByText(/^GRACE/).isVisible());
    await later.clock.runFor(301_000);
    assert.ok(await later.getByText('REVOKED', { exact: true }).isVisible());
    assert.ok(await later.getByText(/^GRACE/).isHidden());
    await later.close();
    assert.deepEqual([await bearer(first), await bearer(second)], [200, 200]);
    await visitor.leads(() => row('GRACE').getByRole('link', { name: 'worker', exact: true }).click());
    await visitor.step('detail of a key in its grace period');
  });

  await t.test('revoking asks for the name, and the key is dead at once', async () => {
    await visitor.go('/keys');
    await visitor.leads(() => page.getByRole('link', { name: 'Revoke now worker' }).click());
    await visitor.step('revoke');
    const button = visitor.button('Revoke key');
    const typed = page.locator('input[name=confirm]');
    assert.ok(await button.isDisabled());
    await typed.fill('Worker');
    assert.ok(await button.isDisabled());
    // The server does not take the script's word.
    await button.evaluate(button => { button.disabled = false; });
    await visitor.leads(() => button.click());
    assert.match(await page.title(), /^Error: /);
    await visitor.step('revoke, wrong name');
    assert.equal(await bearer(first), 200);
    await typed.fill('worker');
    await visitor.leads(() => button.click());
    assert.equal(await bearer(first), 401);
    assert.deepEqual([await bearer(second), await program(pair)], [200, 200]);
    await visitor.step('keys after revoking');
    assert.equal(await page.getByText('REVOKED', { exact: true }).filter({ visible: true }).count(), 1);
    await visitor.leads(() => row('REVOKED').getByRole('link', { name: 'worker', exact: true }).click());
    await visitor.step('detail of a dead key');
  });

  await t.test('cancelling lists the keys that die, and they do, in the same moment', async () => {
    await visitor.go('/subscriptions');
    await visitor.step('subscriptions');
    await visitor.leads(() => page.getByRole('link', { name: /^Cancel Translation API/ }).click());
    await visitor.step('cancel');
    assert.deepEqual(await page.locator('.bound a').allInnerTexts().then(all => all.sort()), ['agent', 'worker']);
    const phrase = await page.locator('input[data-confirm]').getAttribute('data-confirm');
    await page.locator('input[name=confirm]').fill(phrase);
    await visitor.leads(() => visitor.button('Cancel subscription').click());
    const dead = [bearer(second), program(pair), ...wire.credentials.map(bearer)];
    assert.deepEqual(await Promise.all(dead), [401, 401, 401, 401]);
    await visitor.step('subscriptions after cancelling');
    await visitor.go('/keys');
    await visitor.step('keys after cancelling');
    assert.equal(await page.getByText('ACTIVE', { exact: true }).count(), 0);
    await visitor.go('/reference/translation-api/translateText');
    await visitor.step('operation without a subscription');
    assert.equal(await page.locator('[data-send]').count(), 0);
  });

  await t.test('the browser was shown each key once, and kept none', async () => {
    assert.equal(new Set(reveals).size, 3);
    for (const [at, exchange] of reveals.entries()) assert.ok(leaks([['reveal', exchange.body]], []).length, `the reveal ${at} is recorded`);
    const sinks = visitor.sinks({ without: reveals });
    assert.ok(sinks.length > 150, `${sinks.length} sinks`);
    assert.deepEqual(leaks(sinks, secrets), []);
    for (const { name, local, session, databases, caches } of visitor.snapshots) {
      assert.deepEqual({ name, local, databases, caches }, { name, local: '{}', databases: '[]', caches: '[]' });
      // The history of calls, which the search above found clean.
      assert.ok(Object.keys(JSON.parse(session)).every(key => key === 'tries'), `${name}: ${session}`);
    }
    for (const entry of visitor.network) assert.ok(!/"(authorization|x-api-key)"/i.test(entry.wire), entry.url);
  });

  await t.test('the server wrote none down, neither while it ran nor when it ended', async () => {
    const session = (await visitor.context.cookies()).find(cookie => cookie.name === 'console_session').value;
    const own = [...secrets, new Needles(person.password, 'password'), new Needles(session.split('.').at(-1), 'session token')];
    const metrics = await (await fetch(`${server.base}/metrics`)).text();
    assert.match(metrics, /aforo_http_responses/);
    const running = server.files();
    const names = running.map(([name]) => name);
    for (const name of ['stdout', 'stderr', 'console.db', 'console.db-wal', 'console.db-shm']) assert.ok(names.includes(name), `${name} of ${names}`);
    assert.ok(server.text('stderr').includes('TRACE'), 'the log is at trace');
    assert.deepEqual(leaks([['/metrics', metrics], ...running], own), []);
    assert.equal(await server.stop(), '0');
    assert.deepEqual(leaks(server.files(), own), []);
  });

  await visitor.healthy();
});
