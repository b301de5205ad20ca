// One quantity over the last minutes, with its newest value in numbers.
import {html} from '../vendor/preact/preact.js';
import {number} from './format.js';

const WIDTH = 300, HEIGHT = 56, SPAN_S = 300, MOST = 600;

function pathOf(points, timeS, top) {
  const step = Math.ceil(points.length / MOST);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1)
    .map(([at, value]) => `${((at - timeS) / SPAN_S + 1) * WIDTH} ${HEIGHT - Math.min(value / top, 1) * HEIGHT}`).join('L');
}

export function LineGraph({label, unit, digits = 1, points, timeS, least = 1}) {
  const shown = points.filter(([at]) => at >= timeS - SPAN_S);
  const values = shown.map(([, value]) => value);
  const top = Math.max(least, 1.1 * Math.max(0, ...values));
  const newest = shown.at(-1)?.[1];
  return html`
    <figure class="graph" data-graph=${label}>
      <figcaption><span>${label}</span><strong>${newest === undefined ? '–' : number(newest, digits)}</strong><small>${unit}</small></figcaption>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label} over the last five minutes, at most ${number(top, digits)} ${unit}">
        ${values.length > 1 && html`<path d="M${pathOf(shown, timeS, top)}" />`}
      </svg>
    </figure>`;
}
