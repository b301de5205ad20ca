// A flight as far as its records tell: the same live and from a session file.
import {degreeMetres} from './ground_map.js';

const KEPT = 20_000;  // places of a line, points of a graph
const NEAR_S = 1.0;  // of an image to the position that it is compared with
const RATE_S = 10, ENERGY_S = 30;

export const emptyFlight = () => ({
  version: 0, startS: null, timeS: null, places: {truth: [], autopilot: [], gnss: []}, fixes: [], tracked: [], answer: null,
  footprint: null, tiles: new Map(), states: {}, events: [], numFixes: 0, numAnswers: 0, refusals: {},  // how often, by reason
  graphs: {error: [], sigma: [], latency: [], rate: [], cpu: [], temperature: [], energy: []},
});

function keep(list, value) {
  list.push(value);
  if (list.length > KEPT) list.splice(0, KEPT / 10);
}

export function metresBetween([latA, longA], [latB, longB]) {
  const [perLat, perLong] = degreeMetres(latA);
  return Math.hypot((latB - latA) * perLat, (longB - longA) * perLong);
}

/** Where something was at a time, between two positions that are near; null if none are. */
export function placeAt(places, timeS) {
  let low = 0, high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle][0] < timeS) low = middle + 1; else high = middle;
  }
  const before = places[low - 1], after = places[low];
  if (!before || !after) {
    const only = before ?? after;
    return only && Math.abs(only[0] - timeS) <= NEAR_S ? [only[1], only[2]] : null;
  }
  if (after[0] - before[0] > 2 * NEAR_S) return null;
  const share = (timeS - before[0]) / Math.max(after[0] - before[0], 1e-9);
  return [before[1] + share * (after[1] - before[1]), before[2] + share * (after[2] - before[2])];
}

function takeAnswer(flight, record) {
  const {time_s: timeS, stamp_s: stampS, tracked} = record;
  flight.numAnswers += 1;
  flight.answer = record;
  keep(flight.graphs.latency, [timeS, record.seconds]);
  if (tracked) keep(flight.tracked, [timeS, tracked.latitude, tracked.longitude]);
  if (record.status === 'fix') {
    flight.numFixes += 1;
    keep(flight.fixes, [timeS, record.latitude, record.longitude]);
    const [ee, , nn] = record.covariance_en_m2;
    keep(flight.graphs.sigma, [timeS, Math.sqrt((ee + nn) / 2)]);
    const {truth, gnss} = flight.places;
    const there = placeAt(truth.length ? truth : gnss, stampS);
    if (there) keep(flight.graphs.error, [timeS, metresBetween(there, [record.latitude, record.longitude])]);
  }
  const lately = flight.fixes.filter(([at]) => at > timeS - RATE_S).length;
  keep(flight.graphs.rate, [timeS, lately / RATE_S]);
}

function takeBoard(flight, {time_s: timeS, cpu, temperature_c: temperature, power_w: power}) {
  if (typeof cpu === 'number') keep(flight.graphs.cpu, [timeS, 100 * cpu]);
  if (typeof temperature === 'number') keep(flight.graphs.temperature, [timeS, temperature]);
  const fixes = flight.fixes.filter(([at]) => at > timeS - ENERGY_S).length;
  if (typeof power === 'number' && fixes) keep(flight.graphs.energy, [timeS, power * Math.min(ENERGY_S, timeS - flight.startS) / fixes]);
}

const TAKE = {
  answer: takeAnswer,
  board: takeBoard,
  footprint: (flight, record) => { flight.footprint = record; },
  position: (flight, record) => keep(flight.places[record.of] ?? [], [record.time_s, record.latitude, record.longitude]),
  state: (flight, record) => { flight.states[record.of] = record; },
  event: (flight, record) => keep(flight.events, record),
  tile: (flight, {z, x, y, jpeg, webp}) => flight.tiles.set(`${z}/${x}/${y}`, webp ? `data:image/webp;base64,${webp}` : `data:image/jpeg;base64,${jpeg}`),
  refusal: (flight, {reason}) => { flight.refusals[reason] = (flight.refusals[reason] ?? 0) + 1; },
};

/** Take records in their order. */
export function takeRecords(flight, records) {
  for (const record of records) {
    flight.startS ??= record.time_s;
    flight.timeS = Math.max(flight.timeS ?? record.time_s, record.time_s);
    TAKE[record.kind]?.(flight, record);
  }
  flight.version += 1;
  return flight;
}
