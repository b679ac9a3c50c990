// Loaded on every page. Hand-written ES modules, no bundler, nodes instead of HTML strings: safe under script-src 'self' and
// require-trusted-types-for 'script'. Everything here improves a page that works without it.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element with attributes and children; text children are text nodes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter(child => child != null && child !== false));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
export const icon = (name, size = 'i') =>
  svg('svg', { class: size, 'aria-hidden': 'true' }, svg('use', { href: `${new URL('icons.svg', import.meta.url).pathname}#${name}` }));

export function setCookie(name, value) {
  const path = document.body.dataset.cookiePath || '/';
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `${name}=${encodeURIComponent(value)};path=${path};max-age=31536000;samesite=lax${secure}`;
}

/** Announces a text to screen readers. */
export function say(text) {
  const live = $('#live');
  if (live) live.textContent = text;
}

/** Shows a text for a while; `action` offers a way back: { label, run }. */
export function toast(text, action) {
  let box = $('.toasts');
  if (!box) {
    box = el('div', { class: 'toasts', role: 'status' });
    document.body.append(box);
  }
  const note = el('div', { class: 'toast' }, text);
  if (action) {
    const button = el('button', { type: 'button', class: 'linkb' }, action.label);
    button.addEventListener('click', () => {
      note.remove();
      action.run();
    });
    note.append(button);
  }
  box.append(note);
  setTimeout(() => note.remove(), action ? 8000 : 6000);
}

/** Copies a text; false if the browser refuses, with the text selected for Ctrl C. */
export async function copyText(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (source) getSelection()?.selectAllChildren(source);
    toast('Copying was refused. The text is selected: press Ctrl C.');
    return false;
  }
}

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', () => this.#copy());
  }
  get #source() {
    const folder = this.getAttribute('for-visible');
    if (folder) return $('.code:not([hidden]) pre', document.getElementById(folder));
    return document.getElementById(this.getAttribute('for'));
  }
  async #copy() {
    const source = this.#source;
    if (!source || !(await copyText(source.textContent.trim(), source))) return;
    this.setAttribute('state', 'done');
    say('Copied to clipboard');
    setTimeout(() => this.removeAttribute('state'), 1600);
  }
}

class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.addEventListener('submit', event => {
      event.preventDefault();
      const root = document.documentElement;
      const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
      const next = (root.dataset.theme || system) === 'dark' ? 'light' : 'dark';
      root.dataset.theme = next;
      $('meta[name=color-scheme]')?.setAttribute('content', next);
      setCookie('theme', next);
      say(`${next === 'dark' ? 'Dark' : 'Light'} colours`);
    });
  }
}

// The server says how many seconds are left, so a wrong clock of the visitor does not matter.
class CountDown extends HTMLElement {
  connectedCallback() {
    this.end ??= Date.now() + 1000 * Number(this.getAttribute('seconds'));
    this.#tick();
    this.timer = setInterval(() => this.#tick(), 1000);
  }
  disconnectedCallback() {
    clearInterval(this.timer);
  }
  #tick() {
    const left = Math.max(0, Math.ceil((this.end - Date.now()) / 1000));
    this.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    if (left === 60 || left === 10) say(`The old key stops in ${left} seconds`);
    if (left > 0) return;
    clearInterval(this.timer);
    // In a list the badge becomes REVOKED in place, and nothing is left to do with the key.
    const badge = this.closest('.badge');
    const after = badge?.parentElement && $('[data-after]', badge.parentElement);
    if (!after) return;
    badge.hidden = true;
    after.hidden = false;
    const row = this.closest('tr');
    row?.classList.remove('rotating');
    const action = row && $('[data-action]', row);
    if (action) action.hidden = true;
  }
}

customElements.define('copy-button', CopyButton);
customElements.define('theme-toggle', ThemeToggle);
customElements.define('count-down', CountDown);

// Menus are <details>: close on Escape, on a click elsewhere, and when focus moves on.
document.addEventListener('click', event => {
  for (const menu of $$('details[data-menu][open]')) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener('focusin', event => {
  for (const menu of $$('details[data-menu][open]')) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    const menu = $('details[data-menu][open]');
    if (menu) {
      menu.open = false;
      $('summary', menu).focus();
    }
  }
  if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
    const form = event.target.closest?.('form');
    if (form) {
      event.preventDefault();
      form.requestSubmit($('[data-send]', form) ?? undefined);
    }
  }
});

// The palette comes when it is first asked for. Single letters are off while typing, and can be turned off.
const palette = what => import('./palette.js').then(module => module[what]());
const typing = node => node?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node?.tagName);
const letters = () => {
  try { return localStorage.getItem('shortcuts') !== 'false'; } catch { return true; }
};
let chord = 0;
document.addEventListener('click', event => {
  const link = event.target.closest?.('[data-palette]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  palette('toggle');
});
document.addEventListener('keydown', event => {
  const link = $('[data-palette]');
  if (!link || event.defaultPrevented || event.isComposing || event.altKey) return;
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && key.toLowerCase() === 'k') {
    event.preventDefault();
    palette('toggle');
  }
  if (event.ctrlKey || event.metaKey || typing(event.target) || $('dialog[open]') || !letters()) return;
  const to = Date.now() - chord < 1500 && { d: link.dataset.docs, r: link.dataset.reference, k: link.dataset.keys }[key];
  chord = key === 'g' ? Date.now() : 0;
  if (to) location.assign(to);
  else if (key === '/' || key === '?') {
    event.preventDefault();
    palette(key === '/' ? 'toggle' : 'shortcuts');
  }
});

// Typed confirm: the button stays off until the text matches. The server checks again.
for (const input of $$('input[data-confirm]')) {
  const button = $('button:not([type=button])', input.form);
  const check = () => { button.disabled = input.value.trim() !== input.dataset.confirm; };
  input.addEventListener('input', check);
  check();
}

// A form is sent once; coming back with the Back button frees it again.
document.addEventListener('submit', event => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented || form.id === 'try') return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = '1';
});
addEventListener('pageshow', event => {
  if (event.persisted) for (const form of $$('form[data-sent]')) delete form.dataset.sent;
});

$('#errors')?.focus();
