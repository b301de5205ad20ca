// A compass that the photo lies in: turned until it lies as on the ground, or left unknown.
import {html, useRef} from '../vendor/preact/preact.js';

const RADIUS = 92, CENTRE = 120;
const STEPS = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 15, PageDown: -15};
const NAMES = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'];
const wrapped = (degrees) => ((Math.round(degrees) % 360) + 360) % 360;

const spot = (degrees, radius) => {
  const turn = degrees * Math.PI / 180;
  return [CENTRE + radius * Math.sin(turn), CENTRE - radius * Math.cos(turn)];
};

const Tick = ({degrees}) => {
  const isLong = degrees % 30 === 0;
  const [x1, y1] = spot(degrees, RADIUS + 5), [x2, y2] = spot(degrees, RADIUS + (isLong ? 12 : 9));
  return html`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} class=${isLong ? 'tick long' : 'tick'} />`;
};

const Letter = ({degrees, children}) => {
  const [x, y] = spot(degrees, RADIUS + 20);
  return html`<text x=${x} y=${y} class="letter ${degrees === 0 ? 'north' : ''}" text-anchor="middle" dominant-baseline="central">${children}</text>`;
};

/** `heading` in degrees clockwise from north, null if unknown; `picture` is an address or null. */
export function HeadingKnob({heading, picture, onChange}) {
  const dial = useRef(null);
  const turnTo = (event) => {
    const box = dial.current.getBoundingClientRect();
    const east = event.clientX - box.left - box.width / 2, north = box.top + box.height / 2 - event.clientY;
    const degrees = Math.atan2(east, north) * 180 / Math.PI;
    onChange(wrapped(event.shiftKey ? Math.round(degrees / 15) * 15 : degrees));
  };
  const press = (event) => {
    if (event.target.closest('button')) return;
    dial.current.setPointerCapture(event.pointerId);
    turnTo(event);
  };
  const drag = (event) => { if (dial.current.hasPointerCapture(event.pointerId)) turnTo(event); };
  const key = (event) => {
    const step = STEPS[event.key];
    if (step) onChange(wrapped((heading ?? 0) + step * (event.shiftKey ? 15 : 1)));
    else if (event.key === 'Home') onChange(0);
    else if (event.key === 'Delete' || event.key === 'Backspace') onChange(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isKnown = heading !== null;
  const [x, y] = spot(heading ?? 0, RADIUS + 8.5);
  const said = isKnown ? `${heading} degrees, the photo's top points ${NAMES[Math.round(heading / 45) % 8]}` : 'unknown';
  return html`
    <svg ref=${dial} class="knob ${isKnown ? '' : 'unknown'}" viewBox="0 0 240 240" role="slider" tabindex="0" aria-label="Heading"
      aria-valuemin="0" aria-valuemax="359" aria-valuenow=${heading ?? 0} aria-valuetext=${said}
      onPointerDown=${press} onPointerMove=${drag} onKeyDown=${key}>
      <defs><clipPath id="knob-face"><circle cx=${CENTRE} cy=${CENTRE} r=${RADIUS} /></clipPath></defs>
      <circle cx=${CENTRE} cy=${CENTRE} r=${RADIUS} class="face" />
      ${picture && html`<g clip-path="url(#knob-face)"><image href=${picture} x=${CENTRE - RADIUS} y=${CENTRE - RADIUS} width=${2 * RADIUS} height=${2 * RADIUS}
        preserveAspectRatio="xMidYMid slice" transform="rotate(${heading ?? 0} ${CENTRE} ${CENTRE})" /></g>`}
      <circle cx=${CENTRE} cy=${CENTRE} r=${RADIUS} class="rim" />
      ${Array.from({length: 72}, (_, index) => html`<${Tick} degrees=${index * 5} />`)}
      ${['N', 'E', 'S', 'W'].map((letter, index) => html`<${Letter} degrees=${index * 90}>${letter}<//>`)}
      ${isKnown && html`<line x1=${spot(heading, 22)[0]} y1=${spot(heading, 22)[1]} x2=${x} y2=${y} class="needle" /><circle cx=${x} cy=${y} r="9" class="grip" />`}
      ${!isKnown && html`<text x=${CENTRE} y=${CENTRE} class="question" text-anchor="middle" dominant-baseline="central">?</text>`}
    </svg>`;
}
