// The photos that fit the filters, page by page, newest first.
import {useCallback, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {search} from './api.js';

const PAGE = 60;
const RELOAD_MS = 250;  // of many photos that arrive at once, one answer

function asked({bbox, ...filters}, cursor) {
  return {...filters, bbox: bbox?.map((value) => value.toFixed(7)).join(','), limit: PAGE, cursor};
}

export function useRecords(filters) {
  const [state, setState] = useState({list: [], total: null, cursor: null, isLoading: true, error: null});
  const key = JSON.stringify(filters);
  const latest = useRef(state);
  latest.current = state;
  const abort = useRef(null);

  const load = useCallback(async (cursor) => {
    abort.current?.abort();
    const {signal} = abort.current = new AbortController();
    setState((old) => ({...old, isLoading: true, error: null}));
    try {
      const answer = await search(asked(JSON.parse(key), cursor), signal);
      setState((old) => ({
        list: cursor ? [...old.list, ...answer.images] : answer.images,
        total: answer.total_found, cursor: answer.next_cursor ?? null, isLoading: false, error: null,
      }));
    } catch (error) {
      if (!signal.aborted) setState((old) => ({...old, isLoading: false, error}));
    }
  }, [key]);

  useEffect(() => { load(null); return () => abort.current?.abort(); }, [load]);

  const timer = useRef(null);
  const reload = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => load(null), RELOAD_MS);
  }, [load]);
  const more = useCallback(() => {
    if (latest.current.cursor && !latest.current.isLoading) load(latest.current.cursor);
  }, [load]);
  const forget = useCallback((id) => setState((old) => {
    const list = old.list.filter((each) => each.image_id !== id);
    return {...old, list, total: old.total - (old.list.length - list.length)};
  }), []);
  return {...state, reload, more, forget};
}
