// The 95 % ellipse of a covariance, and its outline on the ground.
import {degreeMetres} from './ground_map.js';

const CHI2_95 = 5.991;  // of two degrees of freedom

/** Semi-axes in metres and the major one's azimuth; of (3, 3) or 9 numbers, east-north-up, m². */
export function ellipse95(covariance) {
  const [ee, en, , , nn] = covariance?.flat() ?? [];
  if (!(ee > 0) || !(nn > 0)) return null;
  const mean = (ee + nn) / 2, spread = Math.hypot((ee - nn) / 2, en);
  return {
    major: Math.sqrt(CHI2_95 * (mean + spread)),
    minor: Math.sqrt(CHI2_95 * Math.max(mean - spread, 0)),
    azimuth: Math.PI / 2 - 0.5 * Math.atan2(2 * en, ee - nn),
  };
}

export function outline([latitude, longitude], {major, minor, azimuth}) {
  const [perLat, perLong] = degreeMetres(latitude);
  return Array.from({length: 72}, (_, index) => {
    const turn = index / 36 * Math.PI, along = major * Math.cos(turn), across = minor * Math.sin(turn);
    return [
      latitude + (along * Math.cos(azimuth) - across * Math.sin(azimuth)) / perLat,
      longitude + (along * Math.sin(azimuth) + across * Math.cos(azimuth)) / perLong,
    ];
  });
}
