// Shows a new secret once. It leaves the document when it was copied, after 60 seconds, and when the page is
// left. It never goes to web storage; the download is a Blob that is freed at once.
import { $, copyText, el, say, toast } from './core.js';

class KeyReveal extends HTMLElement {
  connectedCallback() {
    this.code = $('#secret', this);
    this.left = 60;
    const done = $('[data-done]', this);
    const tick = $('[data-ack]', this);
    tick.checked = false;
    done.disabled = true;
    tick.addEventListener('change', () => { done.disabled = !tick.checked; });
    $('[data-copy]', this).addEventListener('click', () => this.#copy());
    $('[data-env]', this).addEventListener('click', () => this.#download());
    $('[data-more]', this).addEventListener('click', () => {
      this.left = 60;
      this.#show();
      say('60 more seconds');
    });
    this.timer = setInterval(() => {
      this.left -= 1;
      this.#show();
      if (this.left === 10) say('The secret leaves this page in 10 seconds');
      if (this.left <= 0) this.#wipe('Removed from this page after 60 seconds.');
    }, 1000);
    this.gone = () => this.#wipe('Already shown.');
    addEventListener('pagehide', this.gone);
  }
  disconnectedCallback() {
    clearInterval(this.timer);
    removeEventListener('pagehide', this.gone);
  }
  #show() {
    $('[data-left]', this).textContent = String(this.left);
  }
  async #copy() {
    // A refused copy leaves the secret selected, so that Ctrl C still works.
    if (await copyText(this.code.textContent, this.code)) this.#wipe('Copied. Paste it where it is kept; it is no longer on this page.');
  }
  #download() {
    const id = $('#client-id', this)?.textContent;
    const variable = this.dataset.variable;
    const lines = id ? [`${variable}_CLIENT_ID=${id}`, `${variable}_CLIENT_SECRET=${this.code.textContent}`] : [`${variable}=${this.code.textContent}`];
    const url = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], { type: 'text/plain' }));
    el('a', { href: url, download: '.env' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 0);
    toast('Saved. Keep .env out of version control.');
  }
  #wipe(message) {
    if (!this.code.textContent || this.wiped) return;
    this.wiped = true;
    clearInterval(this.timer);
    const start = this.code.textContent.match(/^sk_(live|test)_/)?.[0] ?? '';
    this.code.textContent = start + '•'.repeat(24);
    this.code.closest('.keybox').classList.add('gone');
    for (const name of ['copy', 'env']) $(`[data-${name}]`, this).disabled = true;
    $('[data-wipe]', this).textContent = message;
    say(message);
  }
}
customElements.define('key-reveal', KeyReveal);
