// Draws the map of a report from the data in the page; nothing is fetched.
(() => {
  'use strict';

  const data = JSON.parse(document.getElementById('map-data').textContent);
  const INK = '#1c2430';
  // Bottom to top; each has an SVG of its own, so that switching one off and on keeps the order.
  const PANES = ['tiles', 'track', 'ellipses', 'links', 'refusals', 'fixes'];

  const map = L.map('map', {
    attributionControl: false, scrollWheelZoom: false, zoomSnap: 0.25, zoomDelta: 0.5,
    minZoom: 1, maxZoom: 24,
  });
  L.control.scale({imperial: false}).addTo(map);
  map.fitBounds(data.view, {padding: [36, 36], maxZoom: 20});
  // The wheel scrolls the page until the map is used.
  map.on('click', () => map.scrollWheelZoom.enable());
  map.getContainer().addEventListener('mouseleave', () => map.scrollWheelZoom.disable());
  PANES.forEach((name, index) => { map.createPane(name).style.zIndex = 410 + index; });

  // A cross is drawn as the outline of an X, so that it can have a light edge. Leaflet 1.9 lets
  // a marker say its own path by these two names.
  const Cross = L.CircleMarker.extend({
    _updatePath() {
      const {x, y} = this._point, r = this._radius, w = 0.32 * r;
      const corners = [
        [-r, -r + w], [-r + w, -r], [0, -w], [r - w, -r], [r, -r + w], [w, 0],
        [r, r - w], [r - w, r], [0, w], [-r + w, r], [-r, r - w], [-w, 0],
      ];
      const path = corners.map(([dx, dy]) => `${x + dx},${y + dy}`).join('L');
      this._renderer._setPath(this, `M${path}Z`);
    },
  });

  // Metres of a degree of latitude and of longitude on WGS 84.
  function degreeMetres(lat) {
    const phi = lat * Math.PI / 180;
    const w = 1 - 0.00669437999014 * Math.sin(phi) ** 2;
    return [
      6378137 * (1 - 0.00669437999014) / w ** 1.5 * Math.PI / 180,
      6378137 * Math.cos(phi) / Math.sqrt(w) * Math.PI / 180,
    ];
  }

  function ellipsePoints([lat, long], [major, minor, azimuthDeg]) {
    const [perLat, perLong] = degreeMetres(lat);
    const azimuth = azimuthDeg * Math.PI / 180;
    return Array.from({length: 48}, (_, index) => {
      const turn = index / 24 * Math.PI;
      const along = major * Math.cos(turn), across = minor * Math.sin(turn);
      const east = along * Math.sin(azimuth) + across * Math.cos(azimuth);
      const north = along * Math.cos(azimuth) - across * Math.sin(azimuth);
      return [lat + north / perLat, long + east / perLong];
    });
  }

  function popup(answer) {
    const box = document.createElement('div');
    const line = (text, name) => {
      const part = box.appendChild(document.createElement('div'));
      part.textContent = text;
      part.className = name || '';
    };
    line(answer.file, 'popup-title');
    if (answer.fix) {
      line(`${answer.error.toFixed(1)} m off, ${answer.sigmas.toFixed(1)} of its sigmas`);
      line(`95 % ellipse ${answer.ellipse[0].toFixed(1)} × ${answer.ellipse[1].toFixed(1)} m`);
    } else {
      line(`refused: ${answer.reason}`);
      if (answer.detail) line(answer.detail, 'popup-faint');
    }
    const notes = [];
    if (answer.confidence !== null) notes.push(`confidence ${answer.confidence.toFixed(4)}`);
    if (answer.by) notes.push(`found by ${answer.by}`);
    notes.push(answer.rank === null ? 'true tile not retrieved' : `true tile ranks ${answer.rank}`);
    line(notes.join(' · '), 'popup-faint');
    const card = document.getElementById(`image-${answer.number}`);
    if (card) {
      const link = box.appendChild(document.createElement('a'));
      link.href = `#${card.id}`;
      link.textContent = 'see its pictures';
    }
    return box;
  }

  const layers = {
    picture: L.layerGroup().addTo(map),
    tiles: L.layerGroup(),
    track: L.layerGroup().addTo(map),
    ellipses: L.layerGroup().addTo(map),
    links: L.layerGroup().addTo(map),
  };
  const groups = data.groups.map(() => L.layerGroup().addTo(map));
  const markers = new Map();

  if (data.picture) L.imageOverlay(data.picture.uri, data.picture.corners).addTo(layers.picture);
  for (const corners of data.tiles) {
    L.rectangle(corners, {
      pane: 'tiles', color: data.picture ? '#fff' : '#8894a5', weight: 1, opacity: 0.7,
      fill: !data.picture, fillOpacity: 0.06, interactive: false, className: 'tile',
    }).addTo(layers.tiles);
  }
  if (!data.picture) layers.tiles.addTo(map);
  for (const piece of data.track) {
    for (const [color, weight] of [['#000', 4.5], ['#fff', 2.5]]) {
      L.polyline(piece, {
        pane: 'track', color, weight, opacity: color === '#000' ? 0.45 : 1,
        interactive: false, className: 'track',
      }).addTo(layers.track);
    }
  }
  const size = data.answers.length > 1500 ? 0.65 : 1;  // dots of a long flight are smaller
  const seen = new Set();
  for (const answer of data.answers) {
    if (!seen.has(String(answer.truth))) {
      seen.add(String(answer.truth));
      L.circleMarker(answer.truth, {
        pane: 'track', radius: 2.5 * size, weight: size, color: '#000', fillColor: '#fff', fillOpacity: 1,
        interactive: false, className: 'truth',
      }).addTo(layers.track);
    }
    const group = data.groups[answer.group];
    let marker, ground = L.latLng(answer.truth).toBounds(40);
    if (answer.fix) {
      // Wide ellipses lie over each other: filled, they would hide the map.
      const usual = {weight: 1.6, fillOpacity: answer.ellipse[0] < 50 ? 0.14 : 0};
      const ellipse = L.polygon(ellipsePoints(answer.fix, answer.ellipse), {
        ...usual, pane: 'ellipses', color: group.colour,
        interactive: false, className: 'ellipse',
      }).addTo(layers.ellipses);
      L.polyline([answer.truth, answer.fix], {
        pane: 'links', color: group.colour, weight: 2, interactive: false, className: 'link',
      }).addTo(layers.links);
      marker = L.circleMarker(answer.fix, {
        pane: 'fixes', radius: (group.isFalse ? 7 : 5) * size, weight: (group.isFalse ? 2.5 : 1.5) * size,
        color: group.isFalse ? '#000' : '#fff', fillColor: group.colour, fillOpacity: 1,
        className: 'fix',
      });
      ground = ellipse.getBounds().extend(answer.truth);
      marker.on('mouseover', () => ellipse.setStyle({weight: 3.5, fillOpacity: 0.3}));
      marker.on('mouseout', () => ellipse.setStyle(usual));
    } else {
      marker = new Cross(answer.truth, {
        pane: 'refusals', radius: 6.5 * size, weight: 1.2 * size, color: '#fff', fillColor: group.colour,
        fillOpacity: 1, className: 'refusal',
      });
    }
    marker.bindPopup(() => popup(answer), {maxWidth: 280}).addTo(groups[answer.group]);
    markers.set(`${answer.run}/${answer.number}`, {marker, ground});
  }

  // No good fix beside it hides a false one.
  data.groups.forEach((group, index) => {
    if (group.isFalse) groups[index].eachLayer((marker) => marker.bringToFront());
  });

  // The legend: each entry switches what it names on and off.
  const legend = document.getElementById('legend');
  function entry(label, count, shape, colour, layer) {
    const button = legend.appendChild(document.createElement('button'));
    button.type = 'button';
    const sign = button.appendChild(document.createElement('span'));
    sign.className = `sign ${shape}`;
    sign.style.setProperty('--colour', colour);
    button.append(label);
    if (count !== null) {
      const number = button.appendChild(document.createElement('b'));
      number.textContent = count;
    }
    button.setAttribute('aria-pressed', String(map.hasLayer(layer)));
    button.addEventListener('click', () => {
      const shown = map.hasLayer(layer);
      if (shown) layer.remove(); else layer.addTo(map);
      button.setAttribute('aria-pressed', String(!shown));
    });
  }
  data.groups.forEach((group, index) => {
    const shape = group.isFix ? (group.isFalse ? 'dot ringed' : 'dot') : 'cross';
    entry(group.label, group.count, shape, group.colour, groups[index]);
  });
  entry('95 % ellipses', null, 'oval', INK, layers.ellipses);
  entry('from truth to fix', null, 'line', INK, layers.links);
  entry(data.track.length ? 'true track' : 'true positions', null, 'line pale', '#fff', layers.track);
  if (data.tiles.length) entry('tiles', data.tiles.length, 'box', '#8894a5', layers.tiles);
  if (data.picture) entry('map', null, 'box filled', '#8894a5', layers.picture);

  document.addEventListener('click', (event) => {
    const pictures = event.target.closest('.pictures');
    if (pictures) pictures.parentElement.classList.toggle('enlarged');
    const button = event.target.closest('[data-show]');
    if (!button) return;
    const {marker, ground} = markers.get(`0/${button.dataset.show}`);
    document.getElementById('map').scrollIntoView({behavior: 'smooth', block: 'center'});
    map.fitBounds(ground.pad(2), {maxZoom: 20, animate: false});
    marker.openPopup();
  });
})();
