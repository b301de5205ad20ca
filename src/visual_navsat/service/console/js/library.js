// The library: a wall or a map of photos, narrowed by name, time and place; one of them open.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {plural} from './format.js';
import {Filters, isNarrowed} from './filters.js';
import {Photo} from './photo.js';
import {PhotoMap} from './photo_map.js';
import {Empty, FileButton, Icon, Note, Segments, Spinner} from './ui.js';
import {uploads} from './upload_queue.js';
import {useRecords} from './records.js';
import {Wall} from './wall.js';

const Adders = ({addFiles}) => html`
  <${FileButton} class="button square hide-large" camera=${true} aria-label="Take a photo" onFiles=${addFiles}><${Icon} name="camera" /><//>
  <${FileButton} class="button hide-small" folder=${true} onFiles=${addFiles}><${Icon} name="folder" />Folder<//>
  <${FileButton} class="button primary" many=${true} onFiles=${addFiles}><${Icon} name="add" />Add photos<//>`;

const Nothing = ({filters, setFilters, addFiles}) => (isNarrowed(filters)
  ? html`<${Empty} icon="search" title="No photo fits" text="Nothing in the library has this name, time and place.">
      <button class="button" onClick=${() => setFilters({})}>Show all photos</button><//>`
  : html`<${Empty} icon="library" title="The library is empty"
      text="Drop photos anywhere on this page. Each is described by what it shows, and found again by its likeness.">
      <${Adders} addFiles=${addFiles} /><//>`);

export function Library({id, health, addFiles}) {
  const [filters, setFilters] = useState({});
  const [look, setLook] = useState(localStorage.getItem('look') || 'wall');
  const records = useRecords(filters);
  useEffect(() => {
    const again = () => records.reload();
    uploads.addEventListener('stored', again);
    return () => uploads.removeEventListener('stored', again);
  }, [records.reload]);
  // Others add and delete too.
  const count = health.data?.database_stats?.total_images, counted = useRef(count);
  useEffect(() => {
    if (counted.current !== undefined && count !== counted.current) records.reload();
    counted.current = count;
  }, [count]);
  const choose = (name) => { setLook(name); localStorage.setItem('look', name); };
  const open = (fileId) => { location.hash = fileId ? `#/library/${encodeURIComponent(fileId)}` : '#/library'; };
  const isEmpty = !records.isLoading && !records.error && !records.list.length;
  return html`
    <div class="library ${id ? 'with-photo' : ''}">
      <section class="shelf" aria-label="Photos">
        <div class="toolbar">
          <${Filters} filters=${filters} setFilters=${setFilters} />
          <div class="toolbar-end">
            <${Segments} label="Show as" value=${look} onChange=${choose} options=${[['wall', 'Wall', 'library'], ['map', 'Map', 'map']]} />
            <${Adders} addFiles=${addFiles} />
          </div>
        </div>
        <p class="count faint small" aria-live="polite">
          ${records.total === null ? '\u00a0' : isNarrowed(filters) ? `${plural(records.total, 'photo')} found` : plural(records.total, 'photo')}
        </p>
        ${records.error && html`<${Note} kind="bad"><p>${records.error.message}</p>
          <button class="button lean" onClick=${records.reload}><${Icon} name="retry" />Try again</button><//>`}
        ${records.isLoading && !records.list.length && html`<div class="loading"><${Spinner} /></div>`}
        ${look === 'map'
    ? html`<${PhotoMap} records=${records} selected=${id} onOpen=${open} filters=${filters} setFilters=${setFilters} />`
    : isEmpty ? html`<${Nothing} filters=${filters} setFilters=${setFilters} addFiles=${addFiles} />`
      : html`<${Wall} records=${records} selected=${id} onOpen=${open} />`}
      </section>
      ${id && html`<${Photo} key=${id} id=${id} onOpen=${open}
        onDeleted=${() => { records.forget(id); open(null); }} />`}
    </div>`;
}
