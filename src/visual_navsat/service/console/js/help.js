// What the keyboard does.
import {html} from '../vendor/preact/preact.js';

const KEYS = [
  [['1', '2', '3', '4'], 'Library, Locate, Flight, Status'],
  [['/'], 'search by name'],
  [['←', '→', '↑', '↓'], 'from photo to photo'],
  [['Enter'], 'open a photo'],
  [['Delete'], 'delete the photo that is open'],
  [['Esc'], 'close'],
  [['?'], 'this list'],
];

export const Help = () => html`
  <h2>Keyboard</h2>
  <dl class="keys">
    ${KEYS.map(([keys, does]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${does}</dd>`)}
  </dl>
  <form method="dialog"><button class="button">Close</button></form>`;
