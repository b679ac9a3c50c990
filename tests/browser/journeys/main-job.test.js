// From nothing to a first call: sign up, create a key, send POST /v1/translate, read the real answer.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { start } from '../support/server.js';
import { addsUp, createKey, response, send, signUp } from '../support/steps.js';

for (const prefix of ['/', '/developers']) {
  test(`a newcomer makes a first call, mounted at ${prefix}`, async t => {
    const server = await start(t, { prefix });
    const visitor = await Visitor.open(await launch(t), server);
    const { page } = visitor;

    await t.test('signs up', async () => {
      await visitor.go('/');
      await visitor.step('home');
      await visitor.leads(() => page.getByRole('main').getByRole('link', { name: 'Get a key' }).click());
      assert.equal(visitor.here, '/sign-up');
      await visitor.step('sign-up');
      await signUp(visitor);
      await visitor.step('no keys yet');
      const session = (await visitor.context.cookies()).find(cookie => cookie.name === 'console_session');
      assert.ok(session.httpOnly);
      assert.equal(session.sameSite, 'Lax');
    });

    await t.test('is told what is missing in the form of a key', async () => {
      visitor.allow.push(422);
      await visitor.go('/keys/new');
      await visitor.step('new key');
      await visitor.leads(() => visitor.button('Create key').click());
      await visitor.step('new key without a name');
      assert.match(await page.title(), /^Error: /);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
      await page.locator('#errors a').first().click();
      assert.equal(await page.evaluate(() => document.activeElement.name), 'name');
    });

    await t.test('creates a key that is shown once', async () => {
      const { secret } = await createKey(visitor);
      assert.ok(secret.startsWith('sk_test_'));
      await visitor.accessible('reveal');
      await visitor.fits('reveal');
      const done = visitor.button('Done');
      assert.ok(await done.isDisabled(), 'Done before the tick');
      await page.getByLabel('I have stored this key').check();
      assert.ok(await done.isEnabled(), 'Done after the tick');
      await visitor.leads(() => done.click());
      assert.match(visitor.here, /^\/keys\??$/);
      const shows = async () => (await visitor.html()).includes(secret);
      assert.ok(!await shows(), 'the list');
      await visitor.step('list of keys');

      // Back leads to the answer of a form, which the browser must not have kept.
      for (const way of ['goBack', 'goBack', 'goForward', 'goForward']) {
        await page[way]().catch(() => {});
        assert.ok(!await shows(), way);
      }
      await visitor.go('/keys');
      await page.reload();
      assert.ok(!await shows(), 'reload');
    });

    await t.test('the key leaves the page when it was copied', async () => {
      await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const { secret } = await createKey(visitor, { name: 'copied' });
      await visitor.button('Copy').click();
      await page.locator('.keybox.gone').waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
      assert.ok(!(await page.content()).includes(secret));
      await visitor.accessible('reveal after copying');
    });

    await t.test('opens the operation and sends it', async () => {
      await visitor.go('/reference');
      await visitor.step('references');
      await visitor.leads(() => page.getByRole('main').getByRole('link', { name: /Translation API/ }).first().click());
      await visitor.step('reference');
      await visitor.leads(() => page.getByRole('main').getByRole('link', { name: /Translate text/ }).first().click());
      assert.match(visitor.here, /^\/reference\/[^/]+\/translateText$/);
      await visitor.step('operation');
      await page.locator('input[name=environment][value=test]').check({ force: true });
      await send(visitor);
      const shown = await response(visitor);
      assert.equal(shown.status, '200 OK');
      const answer = JSON.parse(shown.body);
      assert.equal(answer.text, 'Buenos días, mundo.');
      assert.equal(answer.usage.characters, 20);
      addsUp(shown);
      await visitor.step('response');
    });

    await t.test('edits the body: samples follow, the answer is another', async () => {
      const editor = page.locator('#try-body');
      await editor.fill('{"target_lang": "de", "text": "Hello world"}');
      await page.getByRole('tab', { name: 'JavaScript' }).click();
      await page.locator('#code-javascript').getByText('Hello world').waitFor();
      assert.equal(await page.locator('[data-json-state]').innerText(), 'JSON valid');
      await send(visitor);
      assert.equal(JSON.parse((await response(visitor)).body).text, 'Hallo Welt');
      await page.reload();
      assert.equal(await page.getByRole('tab', { name: 'JavaScript' }).getAttribute('aria-selected'), 'true', 'the language is kept');
    });

    await t.test('is asked once before a live call', async () => {
      await page.locator('input[name=environment][value=live]').check({ force: true });
      const dialog = page.locator('#live-confirm');
      const calls = () => visitor.network.filter(entry => entry.url.endsWith('/api/v1/playground/try')).length;
      const before = calls();
      await page.locator('[data-send]').click();
      await dialog.waitFor({ state: 'visible' });
      await visitor.step('live confirmation');
      await visitor.button('Keep in the form').click();
      assert.equal(calls(), before, 'nothing was sent');
      await page.locator('[data-send]').click();
      await visitor.button('Send to Live').click();
      await page.locator('#response-body').waitFor();
      assert.equal((await response(visitor)).status, '200 OK');
      await send(visitor);
      assert.ok(!await dialog.isVisible(), 'asked again');
      assert.equal(calls(), before + 2);
      const sent = JSON.parse(visitor.network.findLast(entry => entry.url.endsWith('/try')).sent);
      assert.equal(sent.environment, 'live');
    });

    await t.test('streams', async () => {
      await visitor.go(visitor.here.replace('translateText', 'streamTranslation'));
      await send(visitor);
      const shown = await response(visitor);
      assert.match(shown.body, /data: Guten[\s\S]*data: \[done\]/);
      await visitor.step('stream');
      const stream = visitor.network.findLast(entry => entry.header('content-type')?.startsWith('text/event-stream'));
      assert.match(stream.body.toString(), /Guten/, 'the recorder sees streams');
    });

    await t.test('the browser sent no credential', async () => {
      for (const entry of visitor.network) {
        assert.ok(!Object.keys(entry.requestHeaders).some(name => /^(authorization|x-api-key)$/i.test(name)), entry.url);
      }
    });

    await t.test('every link leads somewhere below the prefix', async () => {
      const links = new Set();
      for (const where of ['/', '/keys', '/subscriptions', '/reference', visitor.here]) {
        await visitor.go(where);
        for (const link of await page.evaluate(() => [...document.querySelectorAll('[href],[src],[action]')].map(node => node.href?.baseVal ?? node.href ?? node.src ?? node.action))) {
          links.add(new URL(link, page.url()).href.split('#')[0]);
        }
      }
      for (const link of links) if (link.startsWith('data:image/')) links.delete(link);
      assert.deepEqual([...links].filter(link => !`${link}/`.startsWith(`${server.base}/`)), []);
      for (const link of links) {
        const { status } = await page.request.get(link, { maxRedirects: 0 }).then(answer => ({ status: answer.status() }));
        assert.ok(status < 400 || status === 405, `${status} ${link}`);
      }
    });

    await visitor.healthy();
    assert.equal(server.text('stderr'), '');
  });
}
