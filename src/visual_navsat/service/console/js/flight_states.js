// How node, track and autopilot do, each with the reason in words.
import {html} from '../vendor/preact/preact.js';

const PARTS = [['node', 'Localizer'], ['track', 'Track'], ['autopilot', 'Autopilot']];
const KINDS = {ok: 'good', warn: 'warn', error: 'bad'};
const SHOWN = {
  node: [['inputs', 'Inputs'], ['found_by', 'Found by'], ['gnss', 'GNSS']],
  track: [],
  autopilot: [['loop', 'Loop'], ['sent_hz', 'Sent, Hz'], ['fix_age_s', 'Age of the fix, s'], ['reset_counter', 'Resets']],
};
const SILENT_S = 5;

/** What a part says; one that has fallen silent is said to be. */
function toldBy(state, timeS) {
  if (!state) return {kind: '', words: 'not heard'};
  const silentS = timeS - state.time_s;
  if (silentS > SILENT_S) return {kind: 'bad', words: `silent for ${Math.round(silentS)} s; before: ${state.words}`};
  return {kind: KINDS[state.level] ?? '', words: state.words};
}

export const FlightStates = ({flight}) => html`
  <ul class="flight-states">
    ${PARTS.map(([part, title]) => {
    const state = flight.states[part], {kind, words} = toldBy(state, flight.timeS);
    const rows = SHOWN[part].filter(([key]) => state?.values?.[key]);
    return html`
      <li class=${kind} data-part=${part}>
        <h2 class="lamp ${kind}">${title}</h2><p>${words}</p>
        ${rows.length > 0 && html`<dl>${rows.map(([key, label]) => html`<dt>${label}</dt><dd>${state.values[key]}</dd>`)}</dl>`}
      </li>`;
  })}
  </ul>`;
