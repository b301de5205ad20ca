// The flight on the map: lines of who says where it is, the newest fix, what it shows and was matched with.
import {html, useEffect, useRef} from '../vendor/preact/preact.js';
import {ellipse95, outline} from './ellipse.js';
import {groundMap, showImagery} from './ground_map.js';

const {L} = globalThis;
const LINES = {
  truth: {color: '#fff', weight: 3, opacity: 0.9}, gnss: {color: '#69db7c', weight: 2, dashArray: '4 4'},
  autopilot: {color: '#ff922b', weight: 2}, tracked: {color: '#4dabf7', weight: 2.5},
};
const LINE_NAMES = {truth: 'Truth', gnss: 'GNSS', autopilot: 'Autopilot', tracked: 'Track'};
const FIX = '#ffd43b';
const ZOOMS_OUT = 3;
const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

/** Tiles of a session, which all have one zoom. */
const SessionTiles = L.TileLayer.extend({
  getTileUrl({x, y, z}) {
    return this.options.tiles.get(`${z}/${x}/${y}`) ?? EMPTY;
  },
});

const covarianceOf = ([ee, en, nn]) => [[ee, en, 0], [en, nn, 0], [0, 0, 0]];

function drawAnswer(group, answer, footprint) {
  const still = {interactive: false};
  for (const tile of footprint?.tiles ?? []) L.polygon(tile, {...still, className: 'matched', color: '#b197fc', weight: 1.5, fill: false, dashArray: '6 5'}).addTo(group);
  if (footprint) L.polygon(footprint.corners, {...still, className: 'footprint', color: answer?.status === 'fix' ? '#fff' : '#ffa94d', weight: 2, fill: false}).addTo(group);
  const shown = [[answer?.status === 'fix' ? answer : null, FIX, 'ellipse'], [answer?.tracked, LINES.tracked.color, 'ellipse tracked']];
  for (const [position, color, className] of shown) {
    const ellipse = position && ellipse95(covarianceOf(position.covariance_en_m2));
    if (ellipse) L.polygon(outline([position.latitude, position.longitude], ellipse), {...still, className, color, weight: 2, fillColor: color, fillOpacity: 0.15}).addTo(group);
  }
}

function layersOf(map) {
  const lines = {};
  for (const [name, style] of Object.entries(LINES)) lines[name] = L.polyline([], {...style, className: `line-${name}`, interactive: false}).addTo(map);
  const dots = L.layerGroup().addTo(map), answer = L.layerGroup().addTo(map);
  const here = L.circleMarker([0, 0], {className: 'here', radius: 7, weight: 2, color: '#10141c', fillColor: LINES.tracked.color, fillOpacity: 1, interactive: false});
  return {lines, dots, answer, here, numDots: 0, tiles: null};
}

function drawFlight(map, drawn, flight, isFollowed) {
  const {places, fixes, tracked, answer, footprint} = flight;
  for (const name of Object.keys(LINES)) drawn.lines[name].setLatLngs((name === 'tracked' ? tracked : places[name]).map(([, lat, long]) => [lat, long]));
  if (drawn.numDots > fixes.length) { drawn.dots.clearLayers(); drawn.numDots = 0; }
  for (; drawn.numDots < fixes.length; drawn.numDots += 1) {
    const [, lat, long] = fixes[drawn.numDots];
    L.circleMarker([lat, long], {className: 'fix-dot', radius: 3, weight: 1, color: '#10141c', fillColor: FIX, fillOpacity: 1, interactive: false}).addTo(drawn.dots);
  }
  drawn.answer.clearLayers();
  drawAnswer(drawn.answer, answer, footprint);
  const newest = tracked.at(-1) ?? fixes.at(-1) ?? places.autopilot.at(-1) ?? places.truth.at(-1) ?? places.gnss.at(-1);
  if (!newest) { drawn.here.remove(); return; }
  const there = [newest[1], newest[2]];
  drawn.here.setLatLng(there).addTo(map);
  if (!isFollowed) return;
  if (map.getZoom() < 14) map.setView(there, 17, {animate: false});
  else if (!map.getBounds().pad(-0.25).contains(there)) map.panTo(there, {animate: false});
}

export function FlightMap({flight, version, isFollowed}) {
  const element = useRef(null), map = useRef(null), drawn = useRef(null);
  useEffect(() => {
    map.current = groundMap(element.current, {preferCanvas: false});
    drawn.current = layersOf(map.current);
    showImagery(map.current);
    return () => { map.current.remove(); map.current = null; };
  }, []);
  useEffect(() => {
    const {tiles} = flight;
    drawn.current.tiles?.remove();
    drawn.current.tiles = null;
    drawn.current.dots.clearLayers();
    drawn.current.numDots = 0;
    if (!tiles.size) return;
    const zoom = Number(tiles.keys().next().value.split('/')[0]);
    // Further out it would be thousands of tiles, and the whole world before the first place is known.
    const zooms = {minNativeZoom: zoom, maxNativeZoom: zoom, minZoom: zoom - ZOOMS_OUT, maxZoom: 24};
    drawn.current.tiles = new SessionTiles('', {tiles, ...zooms, className: 'imagery session-map'}).addTo(map.current);
  }, [flight.tiles, flight.tiles.size > 0]);
  useEffect(() => drawFlight(map.current, drawn.current, flight, isFollowed), [flight, version, isFollowed]);
  return html`
    <div ref=${element} class="ground" role="application" aria-label="Map with the flight" />
    <ul class="legend">${Object.entries(LINE_NAMES).map(([name, text]) => html`<li><i style=${{background: LINES[name].color}} />${text}</li>`)}<li><i style=${{background: FIX}} />Fix</li></ul>`;
}
