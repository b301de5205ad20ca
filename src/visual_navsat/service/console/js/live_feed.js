// The WebSocket of a flight that is watched; it comes back by itself.
const AGAIN_MS = 2000, POLICY = 1008;

/** `onState` is told 'live', 'waiting' or a reason in words; returns what ends it. */
export function followLive(onRecords, onState, onRestart) {
  let socket = null, timer = null, hasEnded = false;
  const connect = () => {
    const address = new URL('api/v1/live', document.baseURI);
    address.protocol = address.protocol.replace('http', 'ws');
    socket = new WebSocket(address);
    socket.onopen = () => { onRestart(); onState('live'); };  // what was seen before is sent again
    socket.onmessage = ({data}) => onRecords(JSON.parse(data));
    socket.onclose = ({code, reason}) => {
      if (hasEnded) return;
      onState(code === POLICY ? reason : 'waiting');
      timer = setTimeout(connect, AGAIN_MS);
    };
  };
  connect();
  return () => { hasEnded = true; clearTimeout(timer); socket.close(); };
}
