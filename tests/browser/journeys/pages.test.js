// Every page, light and dark, on a desk and on a phone: accessible, no sideways scroll, no error; pictures go to `out`.
import assert from 'node:assert/strict';
import test from 'node:test';

import { launch, Visitor } from '../support/browser.js';
import { ADMIN, DEVELOPER, start } from '../support/server.js';
import { createKey, response, send, signIn, signUp, somebody } from '../support/steps.js';

const LONG = 'a-very-long-name-that-somebody-gave-to-a-key-without-one-blank-in-it';

const VIEWS = [
  { name: 'light-1440', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'dark-1440', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'light-390', colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  { name: 'dark-390', colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
];

test('every page in every view', { timeout: 240_000 }, async t => {
  const server = await start(t, { prefix: '/developers' });
  const browser = await launch(t);
  for (const { name, ...options } of VIEWS) {
    await t.test(name, async () => {
      const visitor = await Visitor.open(browser, server, { ...options, allow: [404, 422] });
      const { page } = visitor;
      const look = async (what, steps) => {
        await visitor.step(`${what}, ${name}`, steps);
        await visitor.picture(`${what}-${name}`);
      };
      await visitor.go('/');
      await look('home');
      await visitor.go('/sign-up');
      await look('sign-up');
      await visitor.leads(() => visitor.button('Create account').click());
      await look('sign-up-errors');
      await visitor.go('/sign-in');
      await look('sign-in');
      await visitor.go('/reference/translation-api/translateText');
      await look('operation-signed-out');
      await signUp(visitor, { ...somebody(), name: 'Nia Newcomer' });
      await look('keys-empty');
      await visitor.go('/keys/new');
      await page.locator('details.more summary').click();
      await look('key-new');
      await visitor.leads(() => visitor.button('Create key').click());
      await look('key-new-errors');
      await createKey(visitor, { name: 'billing-service' });
      await look('reveal');
      await createKey(visitor, { name: LONG, live: true });
      await createKey(visitor, { name: 'agent', pair: true });
      await look('reveal-pair');
      await createKey(visitor, { name: 'old-worker' });
      await visitor.go('/keys');
      await visitor.leads(() => page.getByRole('link', { name: 'Revoke old-worker' }).click());
      await look('revoke');
      await page.locator('input[name=confirm]').fill('old-worker');
      await visitor.leads(() => visitor.button('Revoke key').click());
      await visitor.leads(() => page.getByRole('button', { name: 'Rotate billing-service' }).click());
      await look('reveal-rotated');
      await visitor.go('/keys');
      await look('keys');
      await visitor.leads(() => page.getByRole('link', { name: LONG, exact: true }).click());
      await look('key');
      await visitor.go('/subscriptions');
      await look('subscriptions');
      await visitor.leads(() => page.getByRole('link', { name: /^Cancel Translation API/ }).click());
      await look('cancel');
      await visitor.go('/reference');
      await look('references');
      await visitor.go('/reference/translation-api');
      await look('reference');
      await visitor.go('/reference/translation-api/translateText');
      await send(visitor);
      assert.equal((await response(visitor)).status, '200 OK');
      await look('operation-answer');
      await visitor.go('/reference/translation-api/getTranslation');
      await look('operation-get');
      await visitor.go('/nothing-here', 404);
      await look('problem-404');
      // Menus open over the page.
      if (options.isMobile) {
        await page.locator('details.sheet summary').click();
        await look('menu');
      }
      await page.locator('details.menu summary').click();
      await look('account-menu');
      await visitor.healthy();
    });
  }

  await t.test('narrow, enlarged, and with the colours of the system', async () => {
    const visitor = await Visitor.open(browser, server, { viewport: { width: 320, height: 640 } });
    await signIn(visitor, DEVELOPER);
    await createKey(visitor, { name: LONG });
    await visitor.fits('reveal at 320');
    for (const where of ['/', '/keys', '/keys/new', '/subscriptions', '/reference', '/reference/translation-api', '/reference/translation-api/translateText']) {
      await visitor.go(where);
      await visitor.step(`${where} at 320`, { axe: false });
    }
    await visitor.page.emulateMedia({ forcedColors: 'active' });
    await visitor.go('/keys');
    await visitor.step('keys, forced colours');
    await visitor.picture('keys-forced-320');
    await visitor.healthy();
  });

  await t.test('the theme is chosen with the button, and kept', async () => {
    const visitor = await Visitor.open(browser, server, { colorScheme: 'light' });
    await visitor.go('/');
    await visitor.button('Switch colour theme').click();
    assert.equal(await visitor.$('html').getAttribute('data-theme'), 'dark');
    await visitor.go('/reference');
    assert.equal(await visitor.$('html').getAttribute('data-theme'), 'dark');
    await visitor.step('references, dark by choice');
    await visitor.healthy();
  });

  await t.test('with the keyboard alone', async () => {
    const visitor = await Visitor.open(browser, server);
    const { page } = visitor;
    await signIn(visitor, ADMIN);
    await visitor.go('/reference/translation-api/translateText');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    // The editor keeps Tab for itself, until Escape.
    await page.locator('#try-body').focus();
    const before = await page.locator('#try-body').inputValue();
    await page.keyboard.press('Tab');
    assert.equal((await page.locator('#try-body').inputValue()).length, before.length + 2);
    await page.keyboard.press('Control+z');
    assert.equal(await page.locator('#try-body').inputValue(), before);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'try-body');
    await page.locator('#try-body').focus();
    await page.keyboard.press('Control+Enter');
    await page.locator('#response-body').waitFor();
    await page.getByRole('tab', { name: 'cURL' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.getByRole('tab', { name: 'JavaScript' }).getAttribute('aria-selected'), 'true');
    await page.locator('details.menu summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('details.menu').getAttribute('open'), null);
    await visitor.healthy();
  });
});
