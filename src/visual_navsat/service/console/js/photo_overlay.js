// A photo laid over the map by its corners. Leaflet lays only upright pictures; it moves an SVG
// with the map, and inside that the photo is turned.
const {L} = globalThis;
const SVG = 'http://www.w3.org/2000/svg';
const ZOOM = 20;  // that the drawing's units are pixels of

/**
 * @param address of the picture
 * @param corners [latitude, longitude] of its top left, top right, bottom right, bottom left
 */
export function photoOverlay(address, corners, options) {
  const points = corners.map((corner) => L.CRS.EPSG3857.latLngToPoint(L.latLng(corner), ZOOM));
  const box = L.bounds(points), origin = box.min, size = box.getSize();
  const [topLeft, topRight, , bottomLeft] = points.map((point) => point.subtract(origin));
  const right = topRight.subtract(topLeft), down = bottomLeft.subtract(topLeft);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size.x} ${size.y}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.classList.add('photo-overlay');
  const image = svg.appendChild(document.createElementNS(SVG, 'image'));
  image.setAttribute('href', address);
  image.setAttribute('width', 1);
  image.setAttribute('height', 1);
  image.setAttribute('preserveAspectRatio', 'none');
  image.setAttribute('transform', `matrix(${right.x} ${right.y} ${down.x} ${down.y} ${topLeft.x} ${topLeft.y})`);
  return L.svgOverlay(svg, L.latLngBounds(corners), {interactive: false, ...options});
}
