// A Leaflet map over the imagery that the service holds; nothing comes from anywhere else.
import {maps} from './api.js';

const {L} = globalThis;
let loaded = null;

/** The maps of the service; asked for once, again after a failure. */
export function serviceMaps() {
  loaded ??= maps().then((answer) => answer.maps ?? answer).catch((error) => { loaded = null; throw error; });
  return loaded;
}

export const boundsOf = ({bounds: [west, south, east, north]}) => L.latLngBounds([south, west], [north, east]);

/** Its tiles, and its edge, which still shows where it is smaller than a tile. */
export function imageryOf(map) {
  const bounds = boundsOf(map);
  return L.layerGroup([
    L.rectangle(bounds, {className: 'map-edge', weight: 1, color: '#8894a5', fill: false, interactive: false}),
    L.tileLayer(map.tiles, {bounds, minZoom: map.min_zoom, maxZoom: 24, maxNativeZoom: map.max_zoom, className: 'imagery'}),
  ]);
}

export function groundMap(element, options = {}) {
  // Leaflet drops a click on its zoom buttons while an earlier one is still moving.
  const moves = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const animation = {zoomAnimation: moves, fadeAnimation: moves, markerZoomAnimation: moves};
  const map = L.map(element, {attributionControl: false, zoomSnap: 0.25, zoomDelta: 0.5, minZoom: 2, maxZoom: 24, ...animation, ...options});
  L.control.scale({imperial: false}).addTo(map);
  map.setView([20, 0], 2);
  // A panel beside it that opens or closes changes its size.
  const watch = new ResizeObserver(() => map.invalidateSize({pan: false}));
  watch.observe(element);
  map.on('unload', () => watch.disconnect());
  return map;
}

export async function showImagery(map, onProblem = () => {}) {
  try {
    const all = await serviceMaps();
    for (const each of all) imageryOf(each).addTo(map);
    return all;
  } catch (error) {
    onProblem(error);
    return [];
  }
}

/** Metres of a degree of latitude and of longitude on WGS 84. */
export function degreeMetres(latitude) {
  const phi = latitude * Math.PI / 180, e2 = 0.00669437999014;
  const w = 1 - e2 * Math.sin(phi) ** 2;
  return [6378137 * (1 - e2) / w ** 1.5 * Math.PI / 180, 6378137 * Math.cos(phi) / Math.sqrt(w) * Math.PI / 180];
}
