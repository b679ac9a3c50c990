// What people do, as functions: each checks that it went well.
import assert from 'node:assert/strict';

import { PASSWORD } from './server.js';

let people = 0;
/** Somebody new. */
export const somebody = () => ({ name: 'Nia Newcomer', email: `nia.${process.pid}.${people++}@example.test`, password: 'correct horse battery staple' });

export async function signUp(visitor, person = somebody()) {
  await visitor.go('/sign-up');
  await visitor.page.getByLabel('Name').fill(person.name);
  await visitor.page.getByLabel('E-mail address').fill(person.email);
  await visitor.page.getByLabel('Password').fill(person.password);
  await visitor.leads(() => visitor.button('Create account').click());
  assert.equal(visitor.here, '/keys');
  return person;
}

export async function signIn(visitor, email, password = PASSWORD) {
  await visitor.go('/sign-in');
  await visitor.page.getByLabel('E-mail address').fill(email);
  await visitor.page.getByLabel('Password').fill(password);
  await visitor.leads(() => visitor.button('Sign in').click());
  assert.equal(visitor.here, '/keys');
}

/** Fills the form and sends it; the page that shows the secret is open afterwards. */
export async function createKey(visitor, { name = 'ci-smoke', live = false, pair = false } = {}) {
  await visitor.go('/keys/new');
  await visitor.page.getByLabel('Name').fill(name);
  await visitor.page.locator(`input[name=environment][value=${live ? 'live' : 'test'}]`).check({ force: true });
  if (pair) await visitor.page.locator('input[name=kind][value=client_credentials]').check({ force: true });
  await visitor.leads(() => visitor.button('Create key').click());
  return revealed(visitor);
}

/** The secret that the open page shows, and the one exchange that may hold it. */
export async function revealed(visitor) {
  const secret = await visitor.text('#secret');
  const exchange = visitor.network.findLast(entry => entry.type === 'Document' && entry.method === 'POST');
  assert.match(secret, /^sk_(live|test)_[0-9A-Za-z]{40}$/);
  assert.equal(secret.length, 48);
  assert.equal(exchange.header('cache-control'), 'no-store');
  return { secret, exchange };
}

/** Presses Send and waits for the whole answer. */
export async function send(visitor) {
  await visitor.page.locator('[data-send]').click();
  await visitor.page.locator('[data-send]:not([aria-busy])').waitFor();
}

const milliseconds = text => Number(text.replace(/[^\d.]/g, ''));

/** What the response card shows. */
export async function response(visitor) {
  const card = visitor.$('#response');
  const rows = await card.locator('.wf > div').evaluateAll(rows => rows.map(row => [row.querySelector('dt').textContent, row.querySelector('.ms').textContent]));
  return {
    status: await card.locator('.card-h .badge').first().innerText(),
    total: milliseconds(await card.locator('.card-h .num').first().innerText()),
    phases: Object.fromEntries(rows.map(([label, text]) => [label, milliseconds(text)])),
    body: await card.locator('#response-body').textContent(),
  };
}

/** The steps of the waterfall make the total, but for rounding; unoptimised programs lose a little more between them. */
export function addsUp({ total, phases }) {
  const sum = Object.values(phases).reduce((all, one) => all + one, 0);
  assert.equal(Object.keys(phases).length, 6);
  assert.ok(Math.abs(sum - total) <= 1, `the waterfall says ${sum} ms, the head says ${total} ms`);
  assert.ok(total > 0);
}
