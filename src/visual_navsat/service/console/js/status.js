// Status: whether it works, what waits, how long things take, what is left of the disk.
import {html, useRef, useState} from '../vendor/preact/preact.js';
import {health, maps, stats} from './api.js';
import {bytes, duration, milliseconds, number} from './format.js';
import {Imports} from './imports.js';
import {Meter, Note, Spinner, useEvery} from './ui.js';
import {Sparkline} from './sparkline.js';

const EVERY_MS = 3000;
const KEPT = 100;  // points of the line

const Figure = ({label, value, hint, children}) => html`
  <div class="panel figure"><span>${label}</span><strong>${value}</strong>${children}${hint && html`<small>${hint}</small>`}</div>`;

const Rows = ({title, rows, children}) => html`
  <section class="panel"><h2>${title}</h2>${children}
    <dl class="rows">${rows.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;

const BADGES = {healthy: ['good', 'Ready'], ok: ['good', 'Ready'], loading: ['warn', 'Loading'], failed: ['bad', 'Failed']};

function Disk({disk}) {
  if (!disk) return null;
  const used = disk.total_bytes ? 1 - disk.free_bytes / disk.total_bytes : null;
  return html`<${Figure} label="Disk left" value=${bytes(disk.free_bytes)} hint=${used === null ? null : `of ${bytes(disk.total_bytes)}, ${number(100 * used)} % used`}>
    ${used !== null && html`<${Meter} share=${used} label="Disk used" />`}<//>`;
}

export function Status() {
  const [state, setState] = useState({data: null, error: null});
  const times = useRef([]);
  useEvery(EVERY_MS, async (signal) => {
    try {
      const [state_, counts, all] = await Promise.all([health(signal), stats(signal), maps(signal).catch(() => ({maps: []}))]);
      times.current = [...times.current, counts.avg_processing_time_ms ?? 0].slice(-KEPT);
      setState({data: {health: state_, stats: counts, maps: all.maps ?? all}, error: null});
    } catch (error) {
      if (!signal.aborted) setState((old) => ({...old, error}));
    }
  });
  const {data, error} = state;
  if (!data) return html`<div class="status">${error ? html`<${Note} kind="bad"><p>${error.message}</p><//>` : html`<div class="loading"><${Spinner} /></div>`}</div>`;
  const {health: now, stats: counts} = data;
  const [kind, text] = error ? ['bad', 'Not reachable'] : BADGES[now.status] ?? ['warn', now.status];
  const queue = now.queue;
  return html`
    <div class="status">
      <div class="status-head"><h1>Status</h1><span class="badge ${kind}">${text}</span></div>
      ${error && html`<${Note} kind="bad"><p>${error.message} What stands below is from before.</p><//>`}
      <div class="figures">
        <${Figure} label="Photos" value=${number(counts.total_images)} hint="${number(counts.recent_uploads_24h)} in the last 24 hours" />
        <${Figure} label="Searches" value=${number(counts.total_searches)} hint="${number(counts.recent_searches_24h)} in the last 24 hours" />
        ${queue && html`<${Figure} label="Waiting for the model" value=${number(queue.waiting)} hint="of at most ${number(queue.limit)}">
          <${Meter} share=${queue.waiting / queue.limit} label="Queue" /><//>`}
        <${Disk} disk=${now.disk} />
      </div>
      <div class="status-columns">
        <${Rows} title="Times of the last answers" rows=${[
    ['Mean', milliseconds(counts.avg_processing_time_ms)], ['Median', milliseconds(counts.p50_processing_time_ms)],
    ['95 % within', milliseconds(counts.p95_processing_time_ms)], ['Slowest', milliseconds(counts.max_processing_time_ms)]]}>
          <${Sparkline} values=${times.current} label="Mean time of a search since this page was opened" /><//>
        <${Rows} title="Model" rows=${[
    ['Name', now.model?.name ?? now.model], ['Device', counts.device ?? now.device], ['Numbers an image', number(counts.feature_dimension)],
    ['Chunks', `${number(counts.total_chunks)}, each of up to ${number(counts.max_images_per_chunk)} images`], ['GPU', now.gpu_available ? 'found' : 'none']]} />
        <${Rows} title="Service" rows=${[
    ['Version', now.version], ['Up for', duration(now.uptime_seconds)], ['Stored', bytes(counts.total_storage_bytes)],
    ['Maps', data.maps.length ? data.maps.map(({name}) => name).join(', ') : 'none'],
    ['API', html`<a href="docs">Swagger</a> · <a href="redoc">ReDoc</a> · <a href="metrics">metrics</a>`]]} />
      </div>
      <${Imports} />
    </div>`;
}
