// Play, pause, faster, and to any moment of a session.
import {html, useEffect, useState} from '../vendor/preact/preact.js';
import {duration} from './format.js';
import {Icon} from './ui.js';

const SPEEDS = [1, 4, 16], TICK_MS = 100;

export function PlayerBar({player, onShow, onClose}) {
  const [isPlaying, setPlaying] = useState(true);
  const [speed, setSpeed] = useState(SPEEDS[1]);
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setInterval(() => {
      player.advanceTo(player.timeS + speed * TICK_MS / 1000);
      if (player.hasEnded) setPlaying(false);
      onShow();
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [player, isPlaying, speed]);
  const seek = ({target}) => { player.seek(player.startS + Number(target.value)); onShow(); };
  const play = () => { if (!isPlaying && player.hasEnded) player.seek(player.startS); setPlaying(!isPlaying); };
  const lengthS = player.endS - player.startS;
  return html`
    <div class="player" role="group" aria-label="Session ${player.name}">
      <button class="button square" aria-label=${isPlaying ? 'Pause' : 'Play'} onClick=${play}><${Icon} name=${isPlaying ? 'pause' : 'play'} /></button>
      <input type="range" min="0" max=${lengthS} step="0.1" value=${player.timeS - player.startS} aria-label="Moment of the flight, seconds" onInput=${seek} />
      <span class="small">${duration(player.timeS - player.startS)} of ${duration(lengthS)}</span>
      <button class="button lean" aria-label="Speed" onClick=${() => setSpeed(SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length])}>${speed} ×</button>
      <strong class="small">${player.name}</strong>
      <button class="button quiet square" aria-label="Close the session" onClick=${onClose}><${Icon} name="close" /></button>
    </div>`;
}
