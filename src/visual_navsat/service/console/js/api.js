// The service's API: one function a route, and every failure an ApiError of one line.
const BASE = 'api/v1/';

export class ApiError extends Error {
  constructor(status, message, retryAfterS = null) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

const UNREACHABLE = 'The service does not answer. Is it still running?';

function errorOf(status, body, retryAfter) {
  let problem = {};
  try { problem = JSON.parse(body); } catch { /* a proxy's own page */ }
  const detail = typeof problem.detail === 'string' ? problem.detail : problem.title;
  const error = new ApiError(status, detail || `The service answered ${status}.`, Number(retryAfter) || null);
  if (status === 401) dispatchEvent(new CustomEvent('token-wanted'));
  return error;
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, UNREACHABLE);
  }
  if (!response.ok) {
    throw errorOf(response.status, await response.text(), response.headers.get('Retry-After'));
  }
  return response.status === 204 ? null : response.json();
}

function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') query.append(name, one);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== '') data.append(name, value);
  }
  return data;
}

export const health = (signal) => ask('health', {signal});
export const stats = (signal) => ask('database/stats', {signal});
export const search = (filters, signal) => ask(withQuery('search', filters), {signal});
export const record = (id, signal) => ask(`uploads/${encodeURIComponent(id)}`, {signal});
export const remove = (id) => ask(`uploads/${encodeURIComponent(id)}`, {method: 'DELETE'});
export const maps = (signal) => ask('maps', {signal});
export const similar = (id, topK, signal) =>
  ask(withQuery(`similarity/${encodeURIComponent(id)}`, {top_k: topK}), {method: 'POST', signal});
export const locate = (fields, signal) => ask('locate', {method: 'POST', body: form(fields), signal});

export const imports = (signal) => ask('imports', {signal});
export const startImport = (path) => ask('imports', {
  method: 'POST', body: JSON.stringify({path}), headers: {'Content-Type': 'application/json'},
});
export const cancelImport = (id) => ask(`imports/${encodeURIComponent(id)}`, {method: 'DELETE'});

export const thumbnailUrl = (id) => `${BASE}uploads/${encodeURIComponent(id)}/thumbnail`;
export const imageUrl = (id) => `${BASE}uploads/${encodeURIComponent(id)}/image`;

/** Upload one file; `onProgress` is told the share that was sent, 0 to 1. */
export function upload(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();  // fetch does not tell how much was sent
    request.open('POST', `${BASE}upload`);
    request.upload.onprogress = ({loaded, total}) => onProgress(total ? loaded / total : 1);
    request.onerror = () => reject(new ApiError(0, UNREACHABLE));
    request.onload = () => {
      const {status, responseText} = request;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText));
      else reject(errorOf(status, responseText, request.getResponseHeader('Retry-After')));
    };
    request.send(form({file}));
  });
}

/** Trade the token for a cookie that pictures and tiles are fetched with too. */
export async function signIn(token) {
  const response = await fetch('console/session', {method: 'POST', headers: {Authorization: `Bearer ${token}`}});
  if (!response.ok) throw errorOf(response.status, await response.text(), null);
}
