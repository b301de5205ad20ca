// A line of the last values, drawn to its own height.
import {html} from '../vendor/preact/preact.js';

const WIDTH = 300, HEIGHT = 80;

export function Sparkline({values, label}) {
  if (values.length < 2) return null;
  const top = Math.max(...values) * 1.15 || 1;
  const line = values.map((value, index) => `${(index / (values.length - 1)) * WIDTH} ${HEIGHT - (value / top) * HEIGHT}`).join('L');
  return html`
    <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <path class="under" d="M0 ${HEIGHT}L${line}L${WIDTH} ${HEIGHT}Z" /><path d="M${line}" /></svg>`;
}
