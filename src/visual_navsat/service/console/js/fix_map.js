// The answer on the map: fix, ellipse, footprint, the photo laid over it, the candidates.
import {html, useEffect, useRef} from '../vendor/preact/preact.js';
import {ellipse95, outline} from './ellipse.js';
import {boundsOf, groundMap, showImagery} from './ground_map.js';
import {photoOverlay} from './photo_overlay.js';

const {L} = globalThis;
const PANES = ['photo', 'footprint', 'rivals', 'ellipse', 'fix'];

/** Corners of the photo on the ground as [latitude, longitude]: top left, then clockwise. */
const cornersOf = ({footprint}) => footprint?.coordinates[0].slice(0, 4).map(([longitude, latitude]) => [latitude, longitude]) ?? null;

function drawFix(group, answer) {
  const centre = [answer.latitude, answer.longitude], ellipse = ellipse95(answer.covariance_enu_m2);
  const corners = cornersOf(answer);
  if (corners) L.polygon(corners, {pane: 'footprint', className: 'footprint', color: '#fff', weight: 2, fill: false, interactive: false}).addTo(group);
  if (ellipse) L.polygon(outline(centre, ellipse), {pane: 'ellipse', className: 'ellipse', color: '#ffd43b', weight: 2, fillColor: '#ffd43b', fillOpacity: 0.18, interactive: false}).addTo(group);
  L.circleMarker(centre, {pane: 'fix', className: 'fix-dot', radius: 6, weight: 2, color: '#10141c', fillColor: '#ffd43b', fillOpacity: 1}).bindTooltip('Fix').addTo(group);
}

function drawRivals(group, candidates, hovered) {
  candidates.slice(0, 10).forEach(({latitude, longitude, probability}, index) => {
    const isHovered = hovered === index + 1;
    // Tiles that only retrieval ranked would cover the map.
    if (typeof probability !== 'number' && !isHovered) return;
    L.marker([latitude, longitude], {
      pane: 'rivals', interactive: false, keyboard: false, zIndexOffset: isHovered ? 1000 : -index,
      icon: L.divIcon({className: `rival ${isHovered ? 'hovered' : ''}`, html: String(index + 1), iconSize: [22, 22]}),
    }).addTo(group);
  });
}

export function FixMap({answer, picture, fade, hovered, isBusy}) {
  const element = useRef(null), map = useRef(null), drawn = useRef(null), rivals = useRef(null), photo = useRef(null);
  useEffect(() => {
    map.current = groundMap(element.current);
    PANES.forEach((name, index) => { map.current.createPane(name).style.zIndex = 410 + index; });
    drawn.current = L.layerGroup().addTo(map.current);
    rivals.current = L.layerGroup().addTo(map.current);
    showImagery(map.current).then((all) => {
      if (all.length && map.current) map.current.fitBounds(all.map(boundsOf).reduce((a, b) => a.extend(b)), {animate: false, padding: [20, 20]});
    });
    return () => { map.current.remove(); map.current = null; };
  }, []);

  useEffect(() => {
    drawn.current.clearLayers();
    photo.current = null;
    if (answer?.status !== 'fix') return;
    const corners = cornersOf(answer);
    if (corners && picture) photo.current = photoOverlay(picture, corners, {pane: 'photo', opacity: fade}).addTo(drawn.current);
    drawFix(drawn.current, answer);
    const seen = corners ? L.latLngBounds(corners) : L.latLngBounds([[answer.latitude, answer.longitude]]);
    map.current.fitBounds(seen.pad(0.35), {maxZoom: 20});
  }, [answer]);

  useEffect(() => { photo.current?.setOpacity(fade); }, [fade]);

  useEffect(() => {
    rivals.current.clearLayers();
    if (answer?.candidates) drawRivals(rivals.current, answer.candidates, hovered);
  }, [answer, hovered]);

  return html`<div ref=${element} class="ground" role="application" aria-label="Map with the fix" aria-busy=${String(isBusy)} />`;
}
