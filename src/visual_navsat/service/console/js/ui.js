// Small parts that every view uses.
import {html, useCallback, useEffect, useRef, useState} from '../vendor/preact/preact.js';

const PATHS = {
  library: 'M4 5h6v6H4zM14 5h6v6h-6zM4 15h6v4H4zM14 15h6v4h-6z',
  locate: 'M12 3v4M12 17v4M3 12h4M17 12h4M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 11.5v1',
  status: 'M3 12h4l3 7 4-14 3 7h4',
  flight: 'M21 3L3 10.5l6.5 3L13 20zM21 3l-11.5 10.5',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
  add: 'M12 5v14M5 12h14',
  folder: 'M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  camera: 'M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  close: 'M6 6l12 12M18 6L6 18',
  bin: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  pin: 'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21zM12 7.5a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 2',
  map: 'M9 4L3 6.5v13.5L9 17.5l6 2.5 6-2.5V4l-6 2.5zM9 4v13.5M15 6.5V20',
  check: 'M5 12.5l4.5 4.5L19 7',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.2v.1',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.1',
  wait: 'M12 4a8 8 0 1 0 8 8',
  open: 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  keyboard: 'M3 7h18v10H3zM7 10v.1M11 10v.1M15 10v.1M8 14h8',
  left: 'M15 5l-7 7 7 7',
  retry: 'M20 12a8 8 0 1 1-2.5-5.8M20 4v4.5h-4.5',
  copy: 'M9 9h11v11H9zM15 5H4v11h1',
};

export const Icon = ({name}) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const Spinner = ({label = 'Loading'}) => html`<span class="spinner" role="status" aria-label=${label} />`;

export const Note = ({kind = 'info', children}) => html`
  <div class="note ${kind}" role=${kind === 'bad' ? 'alert' : 'status'}>
    <${Icon} name=${{bad: 'warning', warn: 'warning', good: 'check'}[kind] || 'info'} />
    ${children}
  </div>`;

export const Empty = ({icon, title, text, children}) => html`
  <div class="empty">
    <span class="mark"><${Icon} name=${icon} /></span>
    <h2>${title}</h2>
    <p>${text}</p>
    ${children && html`<div class="actions">${children}</div>`}
  </div>`;

export const Meter = ({share, label}) => html`
  <div class="meter" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}>
    <i style=${{width: `${Math.min(100, share * 100)}%`}} />
  </div>`;

export const Segments = ({label, value, options, onChange}) => html`
  <div class="segments" role="group" aria-label=${label}>
    ${options.map(([name, text, icon]) => html`
      <button type="button" aria-pressed=${String(value === name)} onClick=${() => onChange(name)}>
        ${icon && html`<${Icon} name=${icon} />`}${text}
      </button>`)}
  </div>`;

/** A modal that is open while it is in the page; Esc and a click beside it close it. */
export function Dialog({label, onClose, children}) {
  const dialog = useRef(null);
  useEffect(() => { dialog.current.showModal(); }, []);
  return html`
    <dialog ref=${dialog} aria-label=${label} onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}>${children}</dialog>`;
}

/** Files chosen with a button; `folder` and `camera` as the browser offers them. */
export function FileButton({children, onFiles, many, folder, camera, accept = 'image/*', ...rest}) {
  const input = useRef(null);
  const choose = (event) => { onFiles([...event.target.files]); event.target.value = ''; };
  return html`
    <button type="button" onClick=${() => input.current.click()} ...${rest}>${children}</button>
    <input ref=${input} type="file" hidden onChange=${choose} multiple=${many || folder}
      webkitdirectory=${folder} accept=${folder ? undefined : accept} capture=${camera ? 'environment' : undefined} />`;
}

/** What `load(signal)` gives: {data, error, isLoading, reload}; loaded anew when `key` changes. */
export function useLoaded(load, key) {
  const [state, setState] = useState({isLoading: true, data: null, error: null});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({...old, isLoading: true, error: null}));
    load(abort.signal).then(
      (data) => setState({isLoading: false, data, error: null}),
      (error) => { if (!abort.signal.aborted) setState({isLoading: false, data: null, error}); },
    );
    return () => abort.abort();
  }, [key, turn]);
  return {...state, reload: useCallback(() => setTurn((n) => n + 1), [])};
}

/** Calls `tick` at once and then every `everyMs` while the page is seen. */
export function useEvery(everyMs, tick) {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    const abort = new AbortController();
    const turn = () => { if (!document.hidden) latest.current(abort.signal); };
    turn();
    const timer = setInterval(turn, everyMs);
    document.addEventListener('visibilitychange', turn, {signal: abort.signal});
    return () => { clearInterval(timer); abort.abort(); };
  }, [everyMs]);
}

export const say = (text, icon = 'check') => dispatchEvent(new CustomEvent('say', {detail: {text, icon}}));
