// Name, time and place by which the library is narrowed.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {Icon} from './ui.js';

const TYPING_MS = 200;
const TIMES = [
  ['taken_after', 'Taken from'], ['taken_before', 'Taken until'],
  ['upload_after', 'Added from'], ['upload_before', 'Added until'],
];

export const isNarrowed = (filters) => Object.values(filters).some(Boolean);

const isTimed = (filters) => TIMES.some(([name]) => filters[name]);

// A day chosen as "until" is meant whole. Days of uploads are this browser's, those of photos are
// of their cameras' clocks, which the service takes for UTC.
const instant = (name, day) => day && new Date(
  `${day}T${name.endsWith('before') ? '23:59:59.999' : '00:00:00'}${name.startsWith('taken') ? 'Z' : ''}`,
).toISOString();
const dayOf = (name, text) => {
  if (!text) return '';
  const when = new Date(text);
  const offsetMs = name.startsWith('taken') ? 0 : when.getTimezoneOffset() * 60_000;
  return new Date(when.getTime() - offsetMs).toISOString().slice(0, 10);
};

function Times({filters, set}) {
  const details = useRef(null);
  useEffect(() => {
    const close = (event) => { if (!details.current.contains(event.target)) details.current.open = false; };
    addEventListener('pointerdown', close);
    return () => removeEventListener('pointerdown', close);
  }, []);
  const escape = (event) => { if (event.key === 'Escape') { details.current.open = false; event.stopPropagation(); } };
  return html`
    <details class="times" ref=${details} onKeyDown=${escape}>
      <summary class="button" aria-pressed=${String(isTimed(filters))}><${Icon} name="clock" />${isTimed(filters) ? 'Time chosen' : 'Any time'}</summary>
      <div class="popover">
        ${TIMES.map(([name, label]) => html`
          <label class="field"><span>${label}</span>
            <input class="input" type="date" name=${name} value=${dayOf(name, filters[name])}
              onChange=${(event) => set({[name]: instant(name, event.target.value)})} /></label>`)}
        <button class="button lean" disabled=${!isTimed(filters)}
          onClick=${() => set(Object.fromEntries(TIMES.map(([name]) => [name, null])))}>Any time</button>
      </div>
    </details>`;
}

export function Filters({filters, setFilters}) {
  const [name, setName] = useState(filters.filename ?? '');
  const set = (values) => setFilters((old) => ({...old, ...values}));
  useEffect(() => { if (!filters.filename) setName(''); }, [filters.filename]);
  useEffect(() => {
    if (name === (filters.filename ?? '')) return undefined;
    const timer = setTimeout(() => set({filename: name || null}), TYPING_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return html`
    <div class="filters" role="search">
      <label class="search"><${Icon} name="search" /><span class="sr-only">Search by name</span>
        <input id="search" class="input" type="search" placeholder="Search by name" value=${name} autocomplete="off"
          onInput=${(event) => setName(event.target.value)} /></label>
      <${Times} filters=${filters} set=${set} />
      ${filters.bbox && html`<button class="button" aria-pressed="true" onClick=${() => set({bbox: null})}>
        <${Icon} name="map" />In this area<${Icon} name="close" /></button>`}
    </div>`;
}
