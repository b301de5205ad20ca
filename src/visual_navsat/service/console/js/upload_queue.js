// Photos on their way to the service, a few at a time; a full queue there makes this one wait.
import {upload} from './api.js';

const AT_ONCE = 3;
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

class UploadQueue extends EventTarget {
  items = [];  // {file, state: waiting | sending | done | known | refused, share, message}
  #running = 0;

  add(files) {
    this.items.push(...files.map((file) => ({file, state: 'waiting', share: 0, message: ''})));
    this.#changed();
    this.#fill();
  }

  retry(item) {
    Object.assign(item, {state: 'waiting', share: 0, message: ''});
    this.#changed();
    this.#fill();
  }

  clear() {
    this.items = this.items.filter(({state}) => state === 'waiting' || state === 'sending');
    this.#changed();
  }

  count(...states) { return this.items.filter(({state}) => states.includes(state)).length; }

  #changed() { this.dispatchEvent(new Event('change')); }

  #fill() {
    while (this.#running < AT_ONCE) {
      const item = this.items.find(({state}) => state === 'waiting');
      if (!item) break;
      item.state = 'sending';
      this.#running += 1;
      this.#send(item).finally(() => {
        this.#running -= 1;
        this.#changed();
        this.#fill();
        if (!this.#running) this.dispatchEvent(new Event('idle'));
      });
    }
  }

  async #send(item) {
    for (;;) {
      try {
        const answer = await upload(item.file, (share) => { item.share = share; this.#changed(); });
        const one = answer.uploads?.[0] ?? answer;
        Object.assign(item, {state: one.is_new === false ? 'known' : 'done', share: 1, message: one.message ?? '', fileId: one.file_id});
        this.dispatchEvent(new CustomEvent('stored', {detail: one}));
        return;
      } catch (error) {
        if (error.status !== 429) {
          Object.assign(item, {state: 'refused', share: 1, message: error.message});
          return;
        }
        item.message = 'The service is busy; this photo waits.';
        this.#changed();
        await sleep(1000 * (error.retryAfterS ?? 2));
      }
    }
  }
}

export const uploads = new UploadQueue();
