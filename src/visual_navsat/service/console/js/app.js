// The shell: which view is shown, the bar above it, what is dropped, what is said.
import {html, render, useEffect, useState} from '../vendor/preact/preact.js';
import {health, signIn} from './api.js';
import {followDrags, imagesOf} from './files_dropped.js';
import {Flight} from './flight.js';
import {number} from './format.js';
import {Help} from './help.js';
import {Library} from './library.js';
import {Locate} from './locate.js';
import {Status} from './status.js';
import {ThemeButton} from './theme_button.js';
import {SignIn} from './sign_in.js';
import {Tray} from './tray.js';
import {Dialog, Icon, useEvery} from './ui.js';
import {uploads} from './upload_queue.js';

const VIEWS = [['library', 'Library', Library], ['locate', 'Locate', Locate], ['flight', 'Flight', Flight], ['status', 'Status', Status]];
const TAKES_ONE = {locate: 'Drop a photo to locate it', flight: 'Drop a session to replay it'};
const HEALTH_EVERY_MS = 5_000;

function routeOf(hash) {
  const [view, id] = hash.replace(/^#\/?/, '').split('/');
  return {view: VIEWS.some(([name]) => name === view) ? view : 'library', id: id ? decodeURIComponent(id) : null};
}

function useRoute() {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

function lampOf(state) {
  if (state.error) return ['bad', 'not reachable'];
  if (!state.data) return ['', 'connecting'];
  const count = state.data.database_stats?.total_images;
  const photos = count === undefined ? '' : `${number(count)} ${count === 1 ? 'photo' : 'photos'}`;
  if (state.data.status === 'healthy' || state.data.status === 'ok') return ['good', photos || 'ready'];
  return ['warn', state.data.status];
}

function Toasts() {
  const [lines, setLines] = useState([]);
  useEffect(() => {
    const add = ({detail}) => {
      const line = {...detail, key: performance.now()};
      setLines((old) => [...old.slice(-2), line]);
      setTimeout(() => setLines((old) => old.filter((one) => one !== line)), 4500);
    };
    addEventListener('say', add);
    return () => removeEventListener('say', add);
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${lines.map(({key, text, icon}) => html`<div class="toast" key=${key}><${Icon} name=${icon} />${text}</div>`)}
  </div>`;
}

function useKeys(route, setHelp) {
  useEffect(() => {
    const press = (event) => {
      const isTyping = event.target.matches('input, select, textarea') || document.querySelector('dialog[open]');
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const view = VIEWS[Number(event.key) - 1]?.[0];
      if (view) location.hash = `#/${view}`;
      else if (event.key === '?') setHelp(true);
      else if (event.key === '/' && document.getElementById('search')) document.getElementById('search').focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [route]);
}

function App() {
  const route = useRoute();
  const [isHovered, setHovered] = useState(false);
  const [isHelped, setHelp] = useState(false);
  const [isTokenWanted, setTokenWanted] = useState(false);
  const [dropped, setDropped] = useState(null);  // for a view that takes one file
  const [state, setState] = useState({data: null, error: null});
  useKeys(route, setHelp);
  useEvery(HEALTH_EVERY_MS, (signal) => health(signal).then(
    (data) => setState({data, error: null}),
    (error) => { if (!signal.aborted) setState({data: null, error}); },
  ));
  useEffect(() => {
    const want = () => setTokenWanted(true);
    addEventListener('token-wanted', want);
    return () => removeEventListener('token-wanted', want);
  }, []);
  useEffect(() => followDrags(setHovered, (files) => {
    if (route.view in TAKES_ONE) setDropped(files[0]);
    else if (files.length) uploads.add(files);
  }), [route.view]);
  useEffect(() => setDropped(null), [route.view]);
  useEffect(() => { document.title = `${VIEWS.find(([name]) => name === route.view)[1]} · visual_navsat`; }, [route.view]);

  const [kind, text] = lampOf(state);
  const View = VIEWS.find(([name]) => name === route.view)[2];
  return html`
    <a class="button skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main').focus(); }}>To the content</a>
    <header class="topbar">
      <a class="brand" href="#/library"><img src="console/icon.svg" alt="" />visual_navsat</a>
      <nav class="views" aria-label="Views">
        ${VIEWS.map(([name, title]) => html`
          <a href="#/${name}" aria-current=${route.view === name ? 'page' : undefined}><${Icon} name=${name} />${title}</a>`)}
      </nav>
      <div class="end">
        <a class="lamp ${kind}" href="#/status" title="State of the service">${text}</a>
        <button class="button quiet square hide-small" title="Keyboard (?)" aria-label="Keyboard shortcuts" onClick=${() => setHelp(true)}><${Icon} name="keyboard" /></button>
        <${ThemeButton} />
      </div>
    </header>
    <main id="main" tabindex="-1">
      <${View} id=${route.id} health=${state} dropped=${dropped} addFiles=${(files) => uploads.add(imagesOf(files))} />
    </main>
    ${isHovered && html`<div class="drop-overlay"><div><${Icon} name=${route.view in TAKES_ONE ? route.view : 'add'} />
      ${TAKES_ONE[route.view] ?? 'Drop photos or folders to add them'}</div></div>`}
    <${Tray} queue=${uploads} />
    <${Toasts} />
    ${isHelped && html`<${Dialog} label="Keyboard shortcuts" onClose=${() => setHelp(false)}><${Help} /><//>`}
    ${isTokenWanted && html`<${Dialog} label="Token wanted" onClose=${() => setTokenWanted(false)}><${SignIn} signIn=${signIn} /><//>`}
  `;
}

render(html`<${App} />`, document.getElementById('app'));
