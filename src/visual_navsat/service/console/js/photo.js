// One photo: what is known of it, its likenesses, its end.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {imageUrl, record as loadRecord, remove, similar, thumbnailUrl} from './api.js';
import {bytes, cameraTime, milliseconds, place, time} from './format.js';
import {Icon, Note, say, Spinner, useLoaded} from './ui.js';
import {positionOf} from './wall.js';

const TOP_K = 24;

const Facts = ({record}) => {
  const position = positionOf(record), taken = record.metadata?.taken;
  const facts = [
    ['Taken', taken && cameraTime(taken)], ['Added', time(record.upload_time)],
    ['Size', `${record.width} × ${record.height} · ${bytes(record.file_size)}`],
    ['Position', position && place(...position)],
    ['Tags', record.tags?.length ? record.tags.join(', ') : null],
    ['SHA-256', record.sha256 && html`<code title=${record.sha256}>${record.sha256.slice(0, 16)}…</code>`],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
};

const Likeness = ({each, rank, onOpen}) => html`
  <li>
    <button class="likeness" onClick=${() => onOpen(each.image_id)}>
      <img src=${thumbnailUrl(each.image_id)} alt="" loading="lazy" />
      <span class="likeness-text">
        <span class="likeness-name"><span class="faint">${rank}</span>${each.original_filename}</span>
        <span class="likeness-bar"><i style=${{width: `${Math.max(0, each.similarity_score) * 100}%`}} /></span>
      </span>
      <b title="Cosine of the two descriptors; 1 is the same">${each.similarity_score.toFixed(3)}</b>
    </button>
  </li>`;

function Likenesses({id, onOpen}) {
  const {data, error, isLoading, reload} = useLoaded((signal) => similar(id, TOP_K, signal), id);
  return html`
    <section class="likenesses" aria-label="Likenesses" aria-busy=${String(isLoading)}>
      <div class="likenesses-head"><h2>Likenesses</h2>${data && html`<span class="faint small">${milliseconds(data.processing_time_ms)}</span>`}</div>
      ${isLoading && html`<div class="loading"><${Spinner} label="Searching" /></div>`}
      ${error && html`<${Note} kind="bad"><p>${error.message}</p><button class="button lean" onClick=${reload}>Try again</button><//>`}
      ${data && !data.similar_images.length && html`<p class="faint">There is no other photo to compare it with yet.</p>`}
      ${data && html`<ol>${data.similar_images.map((each, index) => html`<${Likeness} key=${each.image_id} each=${each} rank=${index + 1} onOpen=${onOpen} />`)}</ol>`}
    </section>`;
}

function DeleteButton({record, onDeleted}) {
  const [isSure, setSure] = useState(false), [isBusy, setBusy] = useState(false);
  const press = async () => {
    if (!isSure) { setSure(true); return; }
    setBusy(true);
    try {
      await remove(record.image_id);
      say(`${record.original_filename} is deleted`, 'bin');
      onDeleted();
    } catch (error) {
      say(error.message, 'warning');
      setBusy(false);
    }
  };
  return html`<button id="delete" class="button danger ${isSure ? 'sure' : ''}" disabled=${isBusy} onBlur=${() => setSure(false)} onClick=${press}>
    <${Icon} name="bin" />${isSure ? 'Delete for good' : 'Delete'}</button>`;
}

function usePanelKeys(panel, onClose) {
  useEffect(() => {
    const opener = document.activeElement;
    panel.current.focus({preventScroll: true});
    const press = (event) => {
      if (event.target.matches('input, select') || document.querySelector('dialog[open]')) return;
      if (event.key === 'Escape') onClose();
      if (event.key === 'Delete') { const button = document.getElementById('delete'); button?.focus(); button?.click(); }
    };
    addEventListener('keydown', press);
    return () => { removeEventListener('keydown', press); if (opener?.isConnected) opener.focus({preventScroll: true}); };
  }, []);
}

export function Photo({id, onOpen, onDeleted}) {
  const panel = useRef(null);
  const {data: record, error, isLoading} = useLoaded((signal) => loadRecord(id, signal), id);
  usePanelKeys(panel, () => onOpen(null));
  return html`
    <aside class="photo" ref=${panel} tabindex="-1" aria-label=${record?.original_filename ?? 'Photo'}>
      <header>
        <button class="button quiet square" aria-label="Close" title="Close (Esc)" onClick=${() => onOpen(null)}><${Icon} name="close" /></button>
        <h2 title=${record?.original_filename}>${record?.original_filename ?? '\u00a0'}</h2>
      </header>
      <div class="photo-body">
        ${isLoading && html`<div class="loading"><${Spinner} /></div>`}
        ${error && html`<${Note} kind="bad"><p>${error.message}</p><//>`}
        ${record && html`
          <a class="photo-picture" href=${imageUrl(id)} target="_blank" rel="noopener" title="Open the original">
            <img src=${imageUrl(id)} alt=${record.original_filename} style=${{aspectRatio: `${record.width} / ${record.height}`}} /></a>
          <${Facts} record=${record} />
          <div class="photo-actions">
            <a class="button" href="#/locate/${encodeURIComponent(id)}"><${Icon} name="locate" />Locate it</a>
            <${DeleteButton} record=${record} onDeleted=${onDeleted} />
          </div>
          <${Likenesses} id=${id} onOpen=${onOpen} />`}
      </div>
    </aside>`;
}
