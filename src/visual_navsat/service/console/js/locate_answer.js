// A fix in numbers, or a refusal in words, and the candidates behind it.
import {html} from '../vendor/preact/preact.js';
import {milliseconds, number, place} from './format.js';
import {ellipse95} from './ellipse.js';
import {Icon, Note, say} from './ui.js';

// What can be done about each reason; the reason itself is said by the service.
const REMEDIES = {
  dark: 'Use a photo taken in more light.',
  textureless: 'Use a photo that shows streets, buildings or edges of fields.',
  blurred: 'Use a sharper photo.',
  horizon: 'Use a photo that looks straight down.',
  too_high: 'Check the height and the GSD, or load a larger map.',
  off_map: 'Check that the map covers the place.',
  ambiguous: 'Give heading and height, or check those given: each excludes most of the rivals.',
  no_match: 'Give heading and height, or check those given, and that the map covers the place.',
  no_patches: 'Use a photo that shows ground.',
};

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say('Position copied', 'copy');
  } catch {
    say('The browser does not allow copying here', 'warning');
  }
}

function Fix({answer, fade, setFade}) {
  const ellipse = ellipse95(answer.covariance_enu_m2);
  const position = `${answer.latitude.toFixed(7)}, ${answer.longitude.toFixed(7)}`;
  const facts = [
    ['95 % ellipse', ellipse && `${number(2 * ellipse.major, 1)} × ${number(2 * ellipse.minor, 1)} m`],
    ['Confidence', answer.confidence !== null && answer.confidence !== undefined && share(answer.confidence)],
    ['Heading', answer.heading_deg !== null && answer.heading_deg !== undefined && `${number(answer.heading_deg, 1)}°`],
    ['Ground per pixel', answer.gsd_m_per_px && `${number(answer.gsd_m_per_px, 3)} m`],
    ['Took', milliseconds(answer.timings_ms?.total)],
  ].filter(([, value]) => value);
  return html`
    <div class="fix">
      <span class="badge good"><${Icon} name="check" />Fix</span>
      <button class="fix-place" title="Copy" onClick=${() => copy(position)}><strong>${place(answer.latitude, answer.longitude)}</strong><${Icon} name="copy" /></button>
      <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
      ${answer.footprint && html`<label class="fade"><span>Photo over the map</span>
        <input id="fade" type="range" min="0" max="100" value=${fade * 100} aria-valuetext="${Math.round(fade * 100)} %" onInput=${(event) => setFade(event.target.value / 100)} /></label>`}
    </div>`;
}

const Refusal = ({answer}) => html`
  <div class="fix">
    <span class="badge warn"><${Icon} name="warning" />No fix</span>
    <p class="refusal">${sentence(answer.detail || answer.reason)}</p>
    ${REMEDIES[answer.reason] && html`<p class="faint">${REMEDIES[answer.reason]}</p>`}
    <p class="faint small">Reason: <code>${answer.reason}</code> · ${milliseconds(answer.timings_ms?.total)}</p>
  </div>`;

// 0.99996 is not certainty.
const share = (value) => (value > 0.999 ? 'over 99.9 %' : `${number(100 * value, 1)} %`);

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const SHOWN = 10;
const isCompared = ({probability}) => typeof probability === 'number';
const chance = ({probability}) => `${number(100 * probability, probability > 0.0995 ? 0 : 1)} %`;

/** A place that correlation compared has a probability; a tile that only retrieval ranked has none. */
const Candidate = ({each, rank, onHover}) => html`
  <li tabindex="0" onMouseEnter=${() => onHover(rank)} onMouseLeave=${() => onHover(null)} onFocus=${() => onHover(rank)} onBlur=${() => onHover(null)}>
    <span class="rank">${rank}</span>
    <span><span class="candidate-place">${place(each.latitude, each.longitude, 5)}</span>${isCompared(each)
    ? html`<span class="likeness-bar"><i style=${{width: `${100 * each.probability}%`}} /></span>`
    : html`<span class="faint small">tile, similarity ${number(each.similarity, 3)}</span>`}</span>
    <b>${isCompared(each) ? chance(each) : ''}</b>
  </li>`;

export const LocateAnswer = ({answer, fade, setFade, onHover}) => html`
  ${answer.status === 'fix' ? html`<${Fix} answer=${answer} fade=${fade} setFade=${setFade} />` : html`<${Refusal} answer=${answer} />`}
  ${(answer.notes ?? []).map((note) => html`<${Note}><p>${note}</p><//>`)}
  ${answer.candidates?.length > 0 && html`
    <section class="candidates" aria-label="Candidates"><h2>Candidates</h2>
      <ol>${answer.candidates.slice(0, SHOWN).map((each, index) => html`<${Candidate} each=${each} rank=${index + 1} onHover=${onHover} />`)}</ol></section>`}`;
