// Flight: a flight as it is seen now, or one that a session file holds.
import {html, useEffect, useRef, useState} from '../vendor/preact/preact.js';
import {emptyFlight, takeRecords} from './flight_model.js';
import {FlightMap} from './flight_map.js';
import {FlightStates} from './flight_states.js';
import {LineGraph} from './line_graph.js';
import {followLive} from './live_feed.js';
import {PlayerBar} from './player_bar.js';
import {readSession, SessionPlayer} from './session_player.js';
import {Empty, FileButton, Icon, say} from './ui.js';

const GRAPHS = [
  ['Error', 'm, against truth or GNSS', 'error', 1, 5], ['Sigma of the fix', 'm', 'sigma', 1, 5], ['Latency', 's', 'latency', 2, 1],
  ['Rate', 'fixes a second', 'rate', 1, 1], ['CPU', '% of all cores', 'cpu', 0, 100], ['Temperature', '°C', 'temperature', 0, 60],
  ['Energy', 'J a fix', 'energy', 1, 1],
];
const SHOW_MS = 250;

/** The flight of the WebSocket, while it is wanted: {flight, version, state}. */
function useLive(isWanted) {
  const flight = useRef(emptyFlight());
  const [shown, setShown] = useState({version: 0, state: 'waiting'});
  useEffect(() => {
    if (!isWanted) return undefined;
    const show = (changes) => setShown((old) => ({...old, ...changes}));
    const stop = followLive(
      (records) => takeRecords(flight.current, records),
      (state) => show({state}),
      () => { flight.current = emptyFlight(); },
    );
    const timer = setInterval(() => show({version: flight.current.version}), SHOW_MS);
    return () => { stop(); clearInterval(timer); };
  }, [isWanted]);
  return {flight: flight.current, ...shown};
}

/** Why images were refused, the most frequent reason first. */
function refusedBy(refusals) {
  const reasons = Object.entries(refusals).sort(([, a], [, b]) => b - a);
  return reasons.length ? `; refused: ${reasons.map(([reason, n]) => `${reason} ${n}`).join(', ')}` : '';
}

const Nothing = ({onFile}) => html`<${Empty} icon="flight" title="No flight is watched"
  text="Start the service with --live beside the localizer, or open a session file that was written with --session.">
  <${FileButton} class="button primary" accept=".jsonl" onFiles=${([file]) => file && onFile(file)}>Open a session<//><//>`;

export function Flight({health, dropped}) {
  const isLive = Boolean(health.data?.is_live);
  const [player, setPlayer] = useState(null);
  const [version, setVersion] = useState(0);  // of what the player shows
  const [isFollowed, setFollowed] = useState(true);
  const live = useLive(isLive && !player);
  const open = async (file) => {
    try {
      setPlayer(new SessionPlayer(file.name, await readSession(file)));
    } catch (error) {
      say(error.message, 'warning');
    }
  };
  useEffect(() => { if (dropped) open(dropped); }, [dropped]);
  if (!isLive && !player) return html`<${Nothing} onFile=${open} />`;
  const flight = player ? player.flight : live.flight;
  const shown = player ? version : live.version;
  return html`
    <div class="flight">
      <section class="flight-map" aria-label="Map">
        <${FlightMap} flight=${flight} version=${shown} isFollowed=${isFollowed} />
        <div class="flight-tools">
          ${!player && html`<span class="badge ${live.state === 'live' ? 'good' : 'warn'}">${live.state === 'live' ? 'Live' : live.state === 'waiting' ? 'Connecting' : live.state}</span>`}
          <button class="button lean" aria-pressed=${String(isFollowed)} onClick=${() => setFollowed(!isFollowed)}><${Icon} name="locate" />Follow</button>
          <${FileButton} class="button lean" accept=".jsonl" onFiles=${([file]) => file && open(file)}><${Icon} name="folder" />Session<//>
        </div>
        ${player && html`<${PlayerBar} player=${player} onShow=${() => setVersion((n) => n + 1)} onClose=${() => setPlayer(null)} />`}
      </section>
      <section class="flight-side" aria-label="States and graphs">
        <${FlightStates} flight=${flight} />
        <p class="flight-count small faint">${flight.numAnswers} images answered, ${flight.numFixes} fixes${refusedBy(flight.refusals)}${flight.events.length > 0 && html`; ${flight.events.at(-1).what}`}</p>
        <div class="graphs">
          ${GRAPHS.filter(([, , name]) => flight.graphs[name].length > 0).map(([label, unit, name, digits, least]) => html`
            <${LineGraph} key=${name} label=${label} unit=${unit} digits=${digits} least=${least} points=${flight.graphs[name]} timeS=${flight.timeS} />`)}
        </div>
      </section>
    </div>`;
}
