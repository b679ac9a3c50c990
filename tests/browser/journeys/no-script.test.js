// The same work with JavaScript switched off.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { start } from '../support/server.js';
import { createKey, revealed, signIn, signUp } from '../support/steps.js';

for (const prefix of ['/', '/developers']) {
  test(`everything works without JavaScript, mounted at ${prefix}`, { timeout: 120_000 }, async t => {
    const server = await start(t, { prefix });
    const visitor = await Visitor.open(await launch(t), server, { javaScriptEnabled: false, allow: [401, 404, 422] });
    const { page } = visitor;
    const bearer = async key => (await fetch(`${server.upstream}/v1/languages`, { headers: { authorization: `Bearer ${key}` } })).status;
    const row = text => page.locator('tbody tr', { hasText: text });
    let person, first, second;

    await t.test('sign-up, sign-out, sign-in', async () => {
      await visitor.go('/');
      await visitor.step('home');
      person = await signUp(visitor);
      await visitor.step('no keys');
      await page.locator('details.menu summary').click();
      await visitor.leads(() => visitor.button('Sign out').click());
      assert.equal(visitor.here, '/');
      await page.goto(visitor.url('/keys'));
      assert.equal(visitor.here, `/sign-in?next=${encodeURIComponent(`${server.base.slice(server.origin.length)}/keys`)}`);
      await page.getByLabel('E-mail address').fill(person.email);
      await page.getByLabel('Password').fill('not the password');
      await visitor.leads(() => visitor.button('Sign in').click());
      await visitor.step('sign-in refused');
      assert.equal(await page.getByLabel('E-mail address').inputValue(), person.email, 'the address is kept');
      await page.getByLabel('Password').fill(person.password);
      await visitor.leads(() => visitor.button('Sign in').click());
      assert.equal(visitor.here, '/keys');
    });

    await t.test('create: errors are listed, then the key is shown', async () => {
      await visitor.go('/keys/new');
      await visitor.leads(() => visitor.button('Create key').click());
      assert.match(await page.title(), /^Error: /);
      await visitor.step('new key, refused');
      first = (await createKey(visitor, { name: 'plain' })).secret;
      assert.equal(await page.locator('.js:visible').count(), 0, 'nothing is offered that needs a script');
      await visitor.leads(() => visitor.button('Done').click());
      assert.ok(!(await page.content()).includes(first));
      assert.equal(await bearer(first), 200);
    });

    await t.test('rotate', async () => {
      await visitor.go('/keys');
      await visitor.leads(() => page.getByRole('button', { name: 'Rotate plain' }).click());
      second = (await revealed(visitor)).secret;
      await visitor.go('/keys');
      assert.match(await row('GRACE').innerText(), /GRACE\s+(5:00|4:\d\d)/);
      assert.deepEqual([await bearer(first), await bearer(second)], [200, 200]);
      await visitor.step('keys in rotation');
    });

    await t.test('revoke', async () => {
      await visitor.leads(() => page.getByRole('link', { name: 'Revoke now plain' }).click());
      await page.locator('input[name=confirm]').fill('wrong');
      await visitor.leads(() => visitor.button('Revoke key').click());
      await visitor.step('revoke, refused');
      assert.equal(await bearer(first), 200);
      await page.locator('input[name=confirm]').fill('plain');
      await visitor.leads(() => visitor.button('Revoke key').click());
      assert.match(await visitor.text('.notice'), /Key revoked/);
      assert.deepEqual([await bearer(first), await bearer(second)], [401, 200]);
    });

    await t.test('send a call: the page comes back with the answer and with what was typed', async () => {
      await visitor.go('/reference');
      await visitor.leads(() => page.getByRole('main').getByRole('link', { name: /Translation API/ }).first().click());
      await visitor.leads(() => page.getByRole('main').getByRole('link', { name: /Translate text/ }).first().click());
      await visitor.step('operation');
      const body = '{"target_lang": "fr", "text": "Hello world"}';
      await page.locator('#try-body').fill(body);
      await visitor.leads(() => page.locator('[data-send]').click());
      await visitor.step('answer');
      assert.match(await visitor.text('#response'), /200 OK/);
      assert.equal(JSON.parse(await page.locator('#response-body').textContent()).text, 'Bonjour monde');
      assert.equal(await page.locator('.wf > div').count(), 6);
      assert.equal(await page.locator('#try-body').inputValue(), body);
      // What does not fit is told as such, and kept.
      await page.locator('#try-body').fill('{"text": ');
      await visitor.leads(() => page.locator('[data-send]').click());
      await visitor.step('refused call');
      assert.match(await visitor.text('#response'), /In the request/);
      assert.equal(await page.locator('#try-body').inputValue(), '{"text": ');
      // A stream is shown as far as it came.
      await visitor.go(visitor.here.replace('translateText', 'streamTranslation'));
      await visitor.leads(() => page.locator('[data-send]').click());
      assert.match(await page.locator('#response-body').textContent(), /data: \[done\]/);
    });

    await t.test('a session that ended costs nothing that was typed', async () => {
      await visitor.go('/reference/translation-api/translateText');
      const body = '{"target_lang": "de", "text": "Thank you"}';
      await page.locator('#try-body').fill(body);
      await visitor.context.clearCookies();
      await visitor.leads(() => page.locator('[data-send]').click());
      await visitor.step('session ended');
      assert.equal(await page.locator('#try-body').inputValue(), body);
      assert.match(await visitor.text('#response'), /session has ended/);
      await signIn(visitor, person.email, person.password);
    });

    await t.test('cancel, and subscribe again', async () => {
      await visitor.go('/subscriptions');
      await visitor.leads(() => page.getByRole('link', { name: /^Cancel Translation API/ }).click());
      assert.deepEqual(await page.locator('.bound a').allInnerTexts(), ['plain']);
      await page.locator('input[name=confirm]').fill('Free');
      await visitor.leads(() => visitor.button('Cancel subscription').click());
      assert.equal(await bearer(second), 401);
      await visitor.step('cancelled');
      await visitor.go('/reference/translation-api/translateText');
      await visitor.leads(() => visitor.button('Free').click());
      assert.equal(visitor.here, '/reference/translation-api/translateText', 'back where one was');
      await visitor.leads(() => page.locator('[data-send]').click());
      assert.match(await visitor.text('#response'), /200 OK/);
      await visitor.step('subscribed again');
    });

    await t.test('languages and colours are chosen by links and forms', async () => {
      await visitor.leads(() => page.getByRole('link', { name: 'JavaScript' }).click());
      assert.ok(await page.locator('#code-javascript').isVisible());
      await visitor.go('/keys');
      await visitor.leads(() => visitor.button('Switch colour theme').click());
      assert.equal(visitor.here, '/keys');
      assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    });

    await visitor.healthy();
    assert.equal(server.text('stderr'), '');
  });
}
