// Numbers and times as people read them.
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(count) {
  if (count === null || count === undefined) return '–';
  let value = count, unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) { value /= 1000; unit += 1; }
  return `${value.toFixed(unit && value < 99.95 ? 1 : 0)} ${UNITS[unit]}`;
}

export const number = (value, digits = 0) => (value === null || value === undefined || Number.isNaN(value)
  ? '–' : value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits}));

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function time(text, zone = undefined) {
  const when = new Date(text);
  if (!text || Number.isNaN(when.getTime())) return '–';
  return when.toLocaleString('en-GB', {day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: zone});
}

/** EXIF says what the clock of the camera showed, in no zone; the service hands it on as UTC. */
export const cameraTime = (text) => time(text, 'UTC');

export function ago(text) {
  const seconds = (Date.now() - new Date(text).getTime()) / 1000;
  if (!(seconds >= 0)) return time(text);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return time(text);
}

export function duration(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

export function milliseconds(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export const place = (latitude, longitude, digits = 6) =>
  `${Math.abs(latitude).toFixed(digits)}° ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(longitude).toFixed(digits)}° ${longitude < 0 ? 'W' : 'E'}`;
