// A wall of thumbnails; the arrow keys go from one to the next, and its end brings more.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {thumbnailUrl} from './api.js';
import {ago, cameraTime} from './format.js';
import {Icon, Spinner} from './ui.js';

const STEPS = {ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: (columns) => columns, ArrowUp: (columns) => -columns};

export const positionOf = (record) => {
  const {latitude, longitude} = record.metadata ?? {};
  return typeof latitude === 'number' && typeof longitude === 'number' ? [latitude, longitude] : null;
};

const Tile = ({record, isSelected, isStop, onOpen}) => html`
  <li>
    <button class="tile" data-id=${record.image_id} tabindex=${isStop ? 0 : -1} aria-current=${isSelected ? 'true' : undefined}
      onClick=${() => onOpen(record.image_id)}>
      <img src=${thumbnailUrl(record.image_id)} alt="" loading="lazy" decoding="async" />
      ${positionOf(record) && html`<span class="tile-pin" title="It has a position"><${Icon} name="pin" /></span>`}
      <span class="tile-name">${record.original_filename}</span>
      <span class="tile-when">${record.metadata?.taken ? cameraTime(record.metadata.taken) : ago(record.upload_time)}</span>
    </button>
  </li>`;

export function Wall({records, selected, onOpen}) {
  const wall = useRef(null), end = useRef(null);
  const [stop, setStop] = useState(0);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) records.more(); }, {rootMargin: '600px'});
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [records.more, records.list.length]);
  const step = (event) => {
    const columns = getComputedStyle(wall.current).gridTemplateColumns.split(' ').length;
    const by = STEPS[event.key]?.(columns);
    if (!by) return;
    event.preventDefault();
    const tiles = [...wall.current.querySelectorAll('.tile')];
    const next = Math.min(Math.max(tiles.indexOf(document.activeElement) + by, 0), tiles.length - 1);
    setStop(next);
    tiles[next].focus();
  };
  return html`
    <ul class="wall" ref=${wall} onKeyDown=${step}>
      ${records.list.map((record, index) => html`
        <${Tile} key=${record.image_id} record=${record} isSelected=${record.image_id === selected}
          isStop=${index === Math.min(stop, records.list.length - 1)} onOpen=${onOpen} />`)}
    </ul>
    <div ref=${end} class="wall-end">${records.cursor && html`<${Spinner} label="Loading more photos" />`}</div>`;
}
