// A session file that is replayed: read once, then told as it happened.
import {emptyFlight, takeRecords} from './flight_model.js';

const START = '{"kind":"session"';

/** Records of a file; what a crash has cut off at its end is left out. Throws what is wrong, in a line. */
export async function readSession(file) {
  const text = await file.text();
  if (!text.startsWith(START)) throw new Error(`${file.name} is no session.`);
  const lines = text.split('\n');
  lines.pop();  // empty, or cut off
  try {
    return lines.map((line) => JSON.parse(line));
  } catch (error) {
    throw new Error(`${file.name} is damaged: ${error.message}`);
  }
}

export class SessionPlayer {
  constructor(name, records) {
    this.name = name;
    // The map is there from the start, as a map is.
    this.tiles = records.filter(({kind}) => kind === 'tile');
    this.records = records.filter(({kind}) => kind !== 'tile').sort((a, b) => a.time_s - b.time_s);
    const flown = this.records.filter(({kind}) => kind !== 'session');
    this.startS = flown[0]?.time_s ?? 0;
    this.endS = flown.at(-1)?.time_s ?? 0;
    this.seek(this.startS);
  }

  /** Show the flight as it was at a time. */
  seek(timeS) {
    this.flight = takeRecords(emptyFlight(), this.tiles);
    this.flight.startS = this.startS;
    this.flight.timeS = null;
    this.next = 0;
    this.timeS = this.startS;
    this.advanceTo(timeS);
  }

  advanceTo(timeS) {
    this.timeS = Math.min(Math.max(timeS, this.startS), this.endS);
    const from = this.next;
    while (this.next < this.records.length && this.records[this.next].time_s <= this.timeS) this.next += 1;
    takeRecords(this.flight, this.records.slice(from, this.next));
  }

  get hasEnded() { return this.timeS >= this.endS; }
}
