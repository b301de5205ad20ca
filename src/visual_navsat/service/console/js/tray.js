// What becomes of the photos that are being added.
import {html, useEffect, useState} from '../vendor/preact/preact.js';
import {plural} from './format.js';
import {Icon, Meter} from './ui.js';

const ICONS = {waiting: 'clock', sending: 'wait', done: 'check', known: 'check', refused: 'warning'};
const TEXTS = {waiting: 'waits', sending: '', done: 'added', known: 'was there already', refused: ''};

const Line = ({item, onRetry}) => html`
  <li class=${item.state}>
    <${Icon} name=${ICONS[item.state]} />
    <b title=${item.file.name}>${item.file.name}</b>
    ${item.state === 'refused'
    ? html`<button class="button quiet lean" onClick=${() => onRetry(item)}>Retry</button>`
    : html`<span class="faint">${item.state === 'sending' && item.share < 1 ? `${Math.round(item.share * 100)} %` : TEXTS[item.state]}</span>`}
    ${(item.state === 'refused' || item.state === 'sending') && item.message && html`<p>${item.message}</p>`}
  </li>`;

function headline(queue) {
  const left = queue.count('waiting', 'sending'), refused = queue.count('refused');
  if (left) return `Adding ${plural(queue.items.length, 'photo')}`;
  const stored = queue.count('done'), known = queue.count('known');
  if (refused && !stored && !known) return `${plural(refused, 'photo')} refused`;
  return `${plural(stored, 'photo')} added`;
}

function summary(queue) {
  const parts = [];
  const left = queue.count('waiting', 'sending'), refused = queue.count('refused'), known = queue.count('known');
  if (left) parts.push(`${left} to go`);
  if (known) parts.push(`${known} already there`);
  if (refused) parts.push(`${refused} refused`);
  return parts.join(' · ') || 'all done';
}

export function Tray({queue}) {
  const [, setTurn] = useState(0);
  useEffect(() => {
    const change = () => setTurn((n) => n + 1);
    queue.addEventListener('change', change);
    return () => queue.removeEventListener('change', change);
  }, []);
  if (!queue.items.length) return null;
  const left = queue.count('waiting', 'sending');
  const share = queue.items.reduce((sum, item) => sum + (item.state === 'sending' ? 0.9 * item.share : Number(item.state !== 'waiting')), 0) / queue.items.length;
  // What wants attention stands first, then what moves.
  const order = ['refused', 'sending', 'waiting', 'known', 'done'];
  const lines = [...queue.items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, 100);
  return html`
    <section class="tray" aria-label="Photos being added">
      <header>
        <div><strong>${headline(queue)}</strong><span class="faint small" aria-live="polite">${summary(queue)}</span></div>
        <button class="button quiet lean square" aria-label="Close the list" disabled=${left > 0} onClick=${() => queue.clear()}><${Icon} name="close" /></button>
      </header>
      ${left > 0 && html`<${Meter} share=${share} label="Photos added" />`}
      <ul>${lines.map((item) => html`<${Line} item=${item} onRetry=${(one) => queue.retry(one)} />`)}</ul>
    </section>`;
}
