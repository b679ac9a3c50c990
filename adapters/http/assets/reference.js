// Reference pages: language tabs, the JSON editor, and colours for code built as DOM nodes.
import { $, $$, el, say, setCookie } from './core.js';

const WORDS = new Set(('await class const curl def defer end err false for from func fetch function if import int let new nil none '
  + 'null package print public require return static string true try using var void None True False').split(' '));
const TOKEN = /("(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?)|((?:^|\n)#[^\n]*|(?<!:)\/\/[^\n]*)|((?<![\w$])\d[\w.]*)|([A-Za-z_$][\w$]*)/g;

/** Code as coloured nodes; `json` tells keys from other strings. */
export function paint(text, json = false) {
  const out = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, comment, number, word] = match;
    let kind = string ? 's' : comment ? 'c' : number ? 'n' : WORDS.has(word) ? 'w' : null;
    if (!kind) continue;
    const end = match.index + whole.length;
    if (json && kind === 's' && /^\s*:/.test(text.slice(end, end + 40))) kind = 'k';
    out.append(text.slice(at, match.index), el('span', { class: kind }, whole));
    at = end;
  }
  out.append(text.slice(at));
  return out;
}

// Beyond this, colours cost more than they give.
export const PAINT_LIMIT = 200_000;

class JsonEditor extends HTMLElement {
  connectedCallback() {
    this.text = $('textarea', this);
    this.under = el('pre', { 'aria-hidden': 'true' });
    this.prepend(this.under);
    this.classList.add('on');
    this.text.addEventListener('input', () => this.paint());
    this.text.addEventListener('keydown', event => this.#key(event));
    this.paint();
  }
  get value() {
    return this.text.value;
  }
  set value(value) {
    this.text.value = value;
    this.text.dispatchEvent(new Event('input', { bubbles: true }));
  }
  paint() {
    const lines = this.text.value.split('\n');
    this.text.rows = Math.max(4, lines.length);
    const plain = this.text.value.length > PAINT_LIMIT;
    this.under.replaceChildren(...lines.map(line => el('span', { class: 'ln' }, plain ? line : paint(line, true), line ? '' : '\u200b')));
    // Long lines wrap in the layer below; the text field takes its height.
    this.text.style.setProperty('height', 'auto');
    this.text.style.setProperty('height', `${Math.max(this.text.scrollHeight, this.under.offsetHeight)}px`);
  }
  /** Marks lines, counted from 1, on which something is wrong. */
  mark(lines) {
    [...this.under.children].forEach((line, i) => line.classList.toggle('badln', lines.includes(i + 1)));
  }
  #insert(text) {
    if (!document.execCommand('insertText', false, text)) this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, 'end');
  }
  #key(event) {
    // Escape, then Tab, leaves the field: the keyboard is never caught.
    if (event.key === 'Escape') {
      this.leaving = true;
      say('Tab now moves on');
      return;
    }
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === 'Tab' && plain && !event.shiftKey && !this.leaving) {
      event.preventDefault();
      this.#insert('  ');
    } else if (event.key === 'Enter' && plain) {
      const before = this.text.value.slice(0, this.text.selectionStart);
      const indent = before.slice(before.lastIndexOf('\n') + 1).match(/^\s*/)[0];
      event.preventDefault();
      this.#insert('\n' + indent + (/[{[]\s*$/.test(before) ? '  ' : ''));
    }
    this.leaving = false;
  }
}

// The server renders links; here they become tabs (APG: roving tabindex, arrows, Home, End). The choice goes
// into a cookie that the server reads, and every sample on the page follows.
class CodeTabs extends HTMLElement {
  connectedCallback() {
    const list = $('.tabs', this);
    this.tabs = $$('a[data-v]', list);
    list.setAttribute('role', 'tablist');
    list.setAttribute('aria-label', 'Code sample language');
    for (const tab of this.tabs) {
      tab.setAttribute('role', 'tab');
      const panel = document.getElementById(tab.getAttribute('aria-controls'));
      panel.setAttribute('role', 'tabpanel');
      panel.removeAttribute('aria-label');
      panel.setAttribute('aria-labelledby', tab.id);
    }
    this.#mark(this.tabs.find(tab => tab.hasAttribute('aria-current')) ?? this.tabs[0]);
    list.addEventListener('click', event => {
      const tab = event.target.closest('a[data-v]');
      if (!tab) return;
      event.preventDefault();
      this.#choose(tab);
    });
    list.addEventListener('keydown', event => {
      const at = this.tabs.indexOf(event.target);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.tabs.length - 1, ' ': at }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const tab = this.tabs.at(to % this.tabs.length);
      this.#choose(tab);
      tab.focus();
      tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
    document.addEventListener('language', event => {
      const tab = this.tabs.find(tab => tab.dataset.v === event.detail);
      if (tab) this.#mark(tab);
    });
  }
  #choose(tab) {
    setCookie('lang', tab.dataset.v);
    document.dispatchEvent(new CustomEvent('language', { detail: tab.dataset.v }));
  }
  #mark(chosen) {
    for (const tab of this.tabs) {
      const on = tab === chosen;
      tab.removeAttribute('aria-current');
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !on;
    }
  }
  /** Replaces the code of each language that has a panel. */
  update(samples) {
    for (const { language, code } of samples) {
      const pre = $(`#code-${CSS.escape(language)} pre`, this);
      if (pre && pre.textContent !== code) pre.replaceChildren(paint(code));
    }
  }
}

customElements.define('json-editor', JsonEditor);
customElements.define('code-tabs', CodeTabs);
