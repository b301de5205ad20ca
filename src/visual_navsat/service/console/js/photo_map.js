// A map with every photo that has a position.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {thumbnailUrl} from './api.js';
import {plural} from './format.js';
import {boundsOf, groundMap, showImagery} from './ground_map.js';
import {Icon, Note} from './ui.js';
import {positionOf} from './wall.js';

const {L} = globalThis;
const AT_MOST = 5000;
const wrapped = (longitude) => L.Util.wrapNum(longitude, [-180, 180], true);

function popupOf(record, onOpen) {
  const button = document.createElement('button');
  button.className = 'map-popup';
  const image = button.appendChild(document.createElement('img'));
  image.src = thumbnailUrl(record.image_id);
  image.alt = '';
  button.appendChild(document.createElement('span')).textContent = record.original_filename;
  button.onclick = () => onOpen(record.image_id);
  return button;
}

export function PhotoMap({records, selected, onOpen, filters, setFilters}) {
  const element = useRef(null), map = useRef(null), dots = useRef(null), isFitted = useRef(false);
  const [hint, setHint] = useState(null);
  const placed = records.list.filter(positionOf);

  useEffect(() => {
    map.current = groundMap(element.current);
    dots.current = L.layerGroup().addTo(map.current);
    showImagery(map.current).then((all) => {
      if (!isFitted.current && all.length && map.current) map.current.fitBounds(all.map(boundsOf).reduce((a, b) => a.extend(b)), {animate: false});
    });
    return () => { map.current.remove(); map.current = null; };
  }, []);

  // The wall brings page after page as one scrolls; the map wants them all.
  useEffect(() => { if (records.list.length < AT_MOST) records.more(); }, [records.cursor, records.isLoading]);

  useEffect(() => {
    dots.current.clearLayers();
    for (const record of placed) {
      const isSelected = record.image_id === selected;
      L.circleMarker(positionOf(record), {
        radius: isSelected ? 10 : 7, weight: 2, color: '#fff', fillColor: isSelected ? '#e8590c' : '#2457e6', fillOpacity: 1, className: 'photo-dot',
      }).bindPopup(() => popupOf(record, onOpen), {closeButton: false, minWidth: 180}).bindTooltip(record.original_filename).addTo(dots.current);
    }
    if (placed.length && !isFitted.current && !filters.bbox) {
      isFitted.current = true;
      map.current.fitBounds(L.latLngBounds(placed.map(positionOf)).pad(0.15), {maxZoom: 19, animate: false});
    }
    const without = records.list.length - placed.length;
    setHint(without && !records.isLoading ? without : null);
  }, [records.list, selected, records.isLoading]);

  const narrow = () => {
    const seen = map.current.getBounds();
    const [west, east] = seen.getEast() - seen.getWest() < 360 ? [seen.getWest(), seen.getEast()].map(wrapped) : [-180, 180];
    setFilters((old) => ({...old, bbox: [west, Math.max(seen.getSouth(), -90), east, Math.min(seen.getNorth(), 90)]}));
  };
  return html`
    <div class="photo-map panel">
      <div ref=${element} class="ground" role="application" aria-label="Map of the photos that have a position" />
      <button class="button lean narrow" onClick=${narrow}><${Icon} name="search" />Only photos in this area</button>
    </div>
    ${hint !== null && html`<div class="map-hint"><${Note}><p>${plural(hint, 'photo')} without a position ${hint === 1 ? 'is' : 'are'} not on the map.
      Positions of EXIF are given out only by a service that was started with <code>EXPOSE_LOCATION=true</code>.</p><//></div>`}`;
}
