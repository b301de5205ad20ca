# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Every setting of visual_navsat, one frozen dataclass per step: the one list.

ROS parameters, command-line flags, ``config/localizer.yaml`` and the README's table are made
from these fields or tested against them. Field metadata carries description, unit and range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
from dataclasses import dataclass, field
from typing import Any

from visual_navsat.errors import ConfigError

# Settings of earlier versions, by what they are called now.
RENAMED = {'track.vertical_sigma_m': 'position.vertical_sigma_m'}

_KINDS = {int: 'a whole number', float: 'a number', str: 'text', bool: 'true or false'}


def option(
    default: Any,
    description: str,
    unit: str = '',
    within: tuple[float, float] | tuple[None, None] = (None, None),
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field whose metadata says what the setting means and allows."""
    low, high = within
    metadata = {'description': description, 'unit': unit, 'low': low, 'high': high}
    return field(default=default, metadata={**metadata, 'choices': choices})


@dataclass(frozen=True)
class ModelConfig:
    """The backbone, and which of its vectors describe a patch."""

    name: str = option(
        'auto',
        'Backbone, such as dinov2_vitg14 or dinov2_vits14_reg; auto uses the model of the index, '
        'or the embedded compact model when an index is built',
    )
    checkpoint: str = option(
        '', 'Checkpoint file; if empty, the package and the folder of fetch-model are searched'
    )
    layer: int = option(
        -1, 'Transformer block to read, 0-based; -1 uses the default of the model', within=(-1, 39)
    )
    facet: str = option(
        'auto',
        'Vector of that block; auto uses the facet of the index, or value when an index is built',
        choices=('auto', 'query', 'key', 'value', 'token'),
    )
    device: str = option('auto', 'auto, cpu, cuda or cuda:N; auto uses CUDA if it is available')
    dtype: str = option(
        'auto',
        'Precision of the backbone; auto is bfloat16 on CUDA and float32 on a CPU',
        choices=('auto', 'float32', 'bfloat16', 'float16'),
    )
    onnx: str = option(
        '',
        'What export-onnx wrote of the same model; onnxruntime describes the images of its size, '
        'if it does it as torch does; if empty, torch describes all',
    )


@dataclass(frozen=True)
class VladConfig:
    """How patch descriptors become one descriptor."""

    vocabulary: str = option(
        'auto',
        'Vocabulary file (c_centers.pt), fit (k-means on the map itself), or auto: the vocabulary '
        'of the index, else that of the model, else fit',
    )
    num_clusters: int = option(32, 'Number of centres of a fitted vocabulary', within=(1, 4096))
    assignment: str = option(
        'auto',
        'hard: each patch counts for its nearest centre; soft: for all centres; auto uses the '
        'assignment of the index, or hard when an index is built',
        choices=('auto', 'hard', 'soft'),
    )
    temperature: float = option(
        0.0,
        'Soft assignment: softmax(temperature * cosine); 0 uses the value of the index, or 10 '
        'when an index is built',
        within=(0.0, 1e4),
    )
    seed: int = option(0, 'Seed of the k-means that fits a vocabulary', within=(0, 2**31 - 1))


@dataclass(frozen=True)
class PreprocessConfig:
    """How an image becomes the tensor that the backbone sees."""

    max_side: int = option(
        0, 'Longer side after resizing; 0 uses the default of the model', 'px', within=(0, 4096)
    )
    min_patch_coverage: float = option(
        0.95,
        'Share of a patch that must show ground for the patch to count after rotation',
        within=(0.0, 1.0),
    )
    num_rotations: int = option(
        8,
        'Number of headings to try when the heading is unknown; 1 tries only north up',
        within=(1, 72),
    )


@dataclass(frozen=True)
class RetrievalConfig:
    """How the index is searched."""

    top_k: int = option(10, 'Number of ranked tiles per image', within=(1, 1000))
    backend: str = option(
        'auto',
        'Search library; auto uses FAISS on the GPU, torch on CUDA if faiss-gpu is missing, else '
        'FAISS on the CPU',
        choices=('auto', 'faiss-cpu', 'faiss-gpu', 'torch'),
    )
    code: str = option(
        'auto',
        'What build-map keeps of a descriptor: exact is all of it; int8 is a byte a number; '
        'compact is 64 bytes, two bits for each of 256 directions that are learned on the map; '
        'compact+exact also keeps all of it on disk and ranks the best tiles by it; auto is the '
        'code of the index, or int8 for a new one',
        choices=('auto', 'exact', 'int8', 'compact', 'compact+exact'),
    )


@dataclass(frozen=True)
class CorrelationConfig:
    """How the image is correlated with the map, which turns a tile into metres."""

    correlate: bool = option(
        True, 'Correlate the image with the map; if false, a fix is the centre of the best tile'
    )
    gsd_m_per_px: float = option(
        0.5,
        'Finest resolution at which build-map keeps the map for correlation',
        'm/px',
        within=(0.05, 10.0),
    )
    max_million_scores: float = option(
        200.0,
        'Compute budget per image: places times headings times scales, in millions. Within it the '
        'whole map is searched, from a coarser level if necessary; beyond it, only the '
        'surroundings of the best tiles',
        within=(0.001, 1e6),
    )
    field_memory_mb: float = option(
        256.0,
        'Memory for the gradient fields of the map. Coarse levels stay in it once they were read, '
        'finer ones are read where candidates are; with less, more is read anew for each image',
        'MB',
        within=(1.0, 1e6),
    )


@dataclass(frozen=True)
class PositionConfig:
    """When ranked tiles are a position, and how sure of it."""

    background_quantile: float = option(
        0.5,
        'Without correlation: a fix must stand out from its best rival more than this share of '
        'the wrong places on the map do; 0 never refuses',
        within=(0.0, 1.0),
    )
    min_probability: float = option(
        0.0,
        'Lowest probability of being right at which a correlated fix is published; 0 uses the '
        'value that follows from max_false_rate',
        within=(0.0, 1.0),
    )
    max_false_rate: float = option(
        1e-3,
        'Share of the published correlated fixes that may be false',
        within=(1e-6, 0.5),
    )
    off_map_share: float = option(
        0.05,
        'Share of the images that show ground off the map, before they are seen; 0.3 where it is '
        'unknown whether the flight stays on the map',
        within=(0.0, 0.99),
    )
    unknown_tilt_deg: float = option(
        5.0,
        "Standard deviation of the camera's tilt from straight down when the attitude is unknown; "
        'it widens the covariance of the vehicle',
        'deg',
        within=(0.0, 45.0),
    )
    vertical_sigma_m: float = option(
        100.0,
        'Standard deviation of the altitude, which an image does not tell',
        'm',
        within=(0.1, 1e5),
    )


@dataclass(frozen=True)
class LowFlightConfig:
    """When the images of a flight are joined, because one of them shows too little ground."""

    join_images: int = option(
        3,
        'Number of overlapping images, the newest among them, that are joined and looked for '
        'again when the newest is refused as ambiguous; 1 joins none',
        within=(1, 8),
    )
    max_footprint_m: float = option(
        200.0,
        'Longest side of the ground that an image shows at which images are joined',
        'm',
        within=(0.0, 1e5),
    )


@dataclass(frozen=True)
class TrackConfig:
    """How many images become one track."""

    cell_m: float = option(25.0, 'Side of a cell of the belief grid', 'm', within=(1.0, 1000.0))
    odometry_drift: float = option(
        0.03, 'Standard deviation of the odometry, metres per metre travelled', within=(0.0, 1.0)
    )
    max_speed_m_per_s: float = option(
        20.0,
        'Highest speed of the vehicle, used when there is no odometry',
        'm/s',
        within=(0.0, 500.0),
    )
    surprise_probability: float = option(
        1e-4,
        'Share of the belief that is spread over the whole map at each image, so that a wrong '
        'track is noticed',
        within=(0.0, 0.5),
    )
    converged_probability: float = option(
        0.999,
        'Belief in one place at which a track starts: of a thousand that start, one may be wrong',
        within=(0.5, 1.0),
    )
    lost_probability: float = option(
        0.5, 'Belief around a track below which it ends', within=(0.0, 1.0)
    )
    map_sigma_m: float = option(
        1.0,
        'What the map is off against the ground, standard deviation along each axis; it stays for '
        'some hundred metres, so that no number of images over one place averages it out',
        'm',
        within=(0.0, 1000.0),
    )
    prior_lat: float = option(
        0.0, 'Latitude at which the flight begins, if it is known', 'deg', within=(-90.0, 90.0)
    )
    prior_long: float = option(
        0.0, 'Longitude at which the flight begins', 'deg', within=(-180.0, 180.0)
    )
    prior_sigma_m: float = option(
        0.0,
        'Standard deviation of that position along each axis; 0: the position is unknown and the '
        'track starts lost',
        'm',
        within=(0.0, 1e5),
    )
    narrow_search: bool = option(
        True,
        'If the map exceeds correlation.max_million_scores, also search the surroundings of the '
        'track; the result goes into the track only, never into ~/fix',
    )
    expect_view: bool = option(
        True,
        'Where heading or scale of an image are not told, try those that the last fix lets expect '
        'first, everywhere on the map, and all others only if that gives no fix',
    )


@dataclass(frozen=True)
class CalibrationConfig:
    """What compass, height and camera mount are off, and how much of it a flight may learn."""

    heading_offset_deg: float = option(
        0.0,
        'Added to every heading that the vehicle states, clockwise: the error of the compass',
        'deg',
        within=(-180.0, 180.0),
    )
    scale_factor: float = option(
        1.0,
        'Every height above ground, and every GSD that is stated, is multiplied by this',
        within=(0.3, 3.0),
    )
    tilt_right_deg: float = option(
        0.0,
        "How much further to the image's right side the camera looks than attitude and mount say",
        'deg',
        within=(-45.0, 45.0),
    )
    tilt_up_deg: float = option(
        0.0,
        "The same to the image's up side: ahead, under a camera that looks down",
        'deg',
        within=(-45.0, 45.0),
    )
    learn: bool = option(
        True,
        'Learn in flight, from the published fixes, what is still off, and correct it once it is '
        'significant',
    )
    heading_prior_deg: float = option(
        5.0,
        'Standard deviation of what a flight may learn about the heading; three of it are the '
        'most that it corrects',
        'deg',
        within=(0.1, 60.0),
    )
    scale_prior: float = option(
        0.1,
        'The same of heights and GSDs, as a fraction of them',
        within=(0.001, 0.3),
    )
    tilt_prior_deg: float = option(
        3.0,
        'The same of the tilt of the camera, about each axis',
        'deg',
        within=(0.1, 15.0),
    )


@dataclass(frozen=True, eq=False)
class NodeConfig:
    """What only the ROS node needs."""

    map: str = option('', 'Index folder made by visual-navsat build-map')  # noqa: A003
    frame_id: str = option(
        '', "header.frame_id of the fix; if empty, the image's, or camera if that is empty as well"
    )
    hardware_id: str = option(
        '', 'hardware_id of the diagnostics; if empty, the host name and the model of the board'
    )
    altitude_m: float = option(
        float('nan'),
        'Altitude of a fix above the WGS 84 ellipsoid; nan means unknown. navsat_transform drops '
        'messages with a NaN altitude: use 0.0 with it',
        'm',
    )
    image_transport: str = option(
        'auto',
        'Topic of the images: raw is image, compressed is image/compressed, auto is the first of '
        'them that delivers. The node also takes it by the name image_transport',
        choices=('auto', 'raw', 'compressed'),
    )
    gsd_m_per_px: float = option(
        0.0,
        'Ground sample distance of the camera images if it is known and constant; 0 means unknown',
        'm/px',
        within=(0.0, 100.0),
    )
    height_agl_m: float = option(
        0.0,
        'Height above ground if it is constant and not measured; 0 means unknown',
        'm',
        within=(0.0, 1e5),
    )
    heading_sigma_deg: float = option(
        2.0,
        'Standard deviation of the heading by heading or attitude, and by an imu that states none',
        'deg',
        within=(0.1, 180.0),
    )
    gsd_sigma: float = option(
        0.05, 'Standard deviation of node.gsd_m_per_px, as a fraction of it', within=(0.001, 0.45)
    )
    height_sigma: float = option(
        0.05,
        'Standard deviation of the height above ground, as a fraction of it; about 0.15 for a '
        'barometer over hills. A wider range of scales takes longer to search',
        within=(0.001, 0.45),
    )
    altitude_meaning: str = option(
        'agl',
        'Reference of the altitude topic: agl is the ground below, amsl is mean sea level',
        choices=('agl', 'amsl'),
    )
    ground_amsl_m: float = option(
        0.0,
        'Height of the ground above mean sea level, for altitude_meaning amsl on a map without an '
        'elevation model',
        'm',
        within=(-500.0, 9000.0),
    )
    altitude_sigma_m: float = option(
        10.0,
        'Standard deviation of an altitude above mean sea level, on a map with terrain',
        'm',
        within=(0.1, 1000.0),
    )
    mount_roll_deg: float = option(
        0.0,
        'Roll of the camera on the vehicle about its viewing direction, positive to the right',
        'deg',
        within=(-180.0, 180.0),
    )
    mount_pitch_deg: float = option(
        -90.0,
        'Pitch of the camera on the vehicle: 0 looks forward, -90 looks straight down',
        'deg',
        within=(-180.0, 180.0),
    )
    mount_yaw_deg: float = option(
        0.0,
        'Yaw of the camera on the vehicle, positive to the right; for a camera that looks down, '
        "the direction of the image's up side",
        'deg',
        within=(-180.0, 180.0),
    )
    mount_from_tf: bool = option(
        False, "Look up the camera's mount in TF at the image's time, as a gimbal needs"
    )
    base_frame_id: str = option(
        'base_link',
        'Frame of the vehicle: child frame of ~/odometry, and parent of the mount in TF',
    )
    map_frame_id: str = option(
        'map',
        'Frame of ~/pose and ~/odometry: metres east, north and up from the origin of the map',
    )
    odom_axes: str = option(
        'enu',
        'Axes of the odom topic: enu is east and north; any is turned to them by imu or attitude',
        choices=('enu', 'any'),
    )
    input_max_age_s: float = option(
        0.5,
        'Largest difference between the times of a measurement and of the image',
        's',
        within=(0.0, 60.0),
    )
    odom_max_age_s: float = option(
        0.2,
        'Largest difference between the times of the odometry and of the image',
        's',
        within=(0.0, 60.0),
    )
    image_max_age_s: float = option(
        0.0,
        'Age at which an image is refused as stale; 0 accepts any age, because some cameras stamp '
        'images with another clock',
        's',
        within=(0.0, 3600.0),
    )
    no_fix_after_s: float = option(
        5.0, 'Time without a fix after which the state is NO_FIX', 's', within=(0.1, 3600.0)
    )
    calibration_file: str = option(
        '',
        'YAML file of calibration settings that is read in configure, if it is there, and written '
        'in flight with what is learned; empty: none',
    )
    autostart: bool = option(True, 'Configure and activate at start, without a lifecycle manager')
    exit_on_failure: bool = option(
        False,
        'End with exit code 1 if autostart fails, as the launch files want it; if false, the node '
        'stays unconfigured and can be configured again',
    )

    def __eq__(self, other: object) -> bool:
        """Compare the settings; an altitude that is unknown, NaN, equals another."""
        return isinstance(other, NodeConfig) and self._comparable() == other._comparable()

    def __hash__(self) -> int:
        return hash(self._comparable())

    def _comparable(self) -> tuple[object, ...]:
        # From Python 3.13 on a dataclass compares field by field, and NaN equals nothing.
        return tuple(None if value != value else value for value in vars(self).values())


@dataclass(frozen=True)
class Config:
    """All settings."""

    model: ModelConfig = field(default_factory=ModelConfig)
    vlad: VladConfig = field(default_factory=VladConfig)
    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    correlation: CorrelationConfig = field(default_factory=CorrelationConfig)
    position: PositionConfig = field(default_factory=PositionConfig)
    low_flight: LowFlightConfig = field(default_factory=LowFlightConfig)
    track: TrackConfig = field(default_factory=TrackConfig)
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)
    node: NodeConfig = field(default_factory=NodeConfig)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """
        Return the settings in a nested dict, such as a parsed ``config.yaml``; defaults fill gaps.

        :param values: ``{section: {name: value}}`` with this package's names, or those of
            aerial_map_retrieval (``preprocessing.target_size``, ``model.vocab_path``,
            ``retrieval.use_gpu``).
        :raises ConfigError: if a section or name is unknown or a value is out of range.
        """
        return cls().updated(values)

    def updated(self, values: Mapping[str, Any]) -> Config:
        """Return a copy with the settings of a nested dict, as :meth:`from_dict` takes it."""
        config = self
        for section, entries in _translate_ancestor(values).items():
            if not isinstance(entries, Mapping):
                raise ConfigError(
                    f'config section {section!r} must hold name: value pairs, got {entries!r}'
                )
            for name, value in entries.items():
                config = config.replace(f'{section}.{name}', value)
        return config

    def replace(self, path: str, value: Any) -> Config:
        """
        Return a copy with one setting changed.

        :param path: dotted name, such as ``'retrieval.top_k'``.
        :raises ConfigError: if the name is unknown or the value is out of range.
        """
        path = RENAMED.get(path, path)
        section_name, _, name = path.partition('.')
        known = {known_path: entry for known_path, entry, _ in self.items()}
        if path not in known:
            raise ConfigError(f'unknown setting {path!r}: known are {", ".join(sorted(known))}')
        section = getattr(self, section_name)
        checked = check_value(path, known[path], value)
        section = dataclasses.replace(section, **{name: checked})
        return dataclasses.replace(self, **{section_name: section})

    def items(self) -> Iterator[tuple[str, dataclasses.Field, Any]]:
        """Yield (dotted name, field, value) of every setting, in order."""
        for section_field in dataclasses.fields(self):
            section = getattr(self, section_field.name)
            for entry in dataclasses.fields(section):
                yield f'{section_field.name}.{entry.name}', entry, getattr(section, entry.name)


def check_value(path: str, entry: dataclasses.Field, value: Any) -> Any:
    """Return ``value`` as the setting's type; raise ConfigError if it does not fit."""
    kind = type(entry.default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and is_number:
        value = float(value)
    elif kind is int and is_number and value == int(value):
        value = int(value)
    low, high, choices = (entry.metadata[key] for key in ('low', 'high', 'choices'))
    if type(value) is not kind:
        allowed = _KINDS[kind]
    elif choices and value not in choices:
        allowed = f'one of {", ".join(choices)}'
    elif low is not None and not low <= value <= high:
        allowed = f'{low} to {high}'
    else:
        return value
    raise ConfigError(f'{path} must be {allowed}, got {value!r}')


def _translate_ancestor(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``values`` with aerial_map_retrieval's names replaced by ours."""
    sections = {
        name: dict(entries) if isinstance(entries, Mapping) else entries
        for name, entries in values.items()
    }
    vocabulary = _pop(sections, 'model', 'vocab_path')
    if vocabulary is not None:
        sections.setdefault('vlad', {})['vocabulary'] = str(vocabulary)
    target_size = _pop(sections, 'preprocessing', 'target_size')
    if target_size is not None:
        sections.setdefault('preprocess', {})['max_side'] = target_size
    patch_size = _pop(sections, 'preprocessing', 'patch_size')
    if patch_size not in (None, 14):
        raise ConfigError(f'preprocessing.patch_size must be 14, got {patch_size!r}')
    use_gpu = _pop(sections, 'retrieval', 'use_gpu')
    if use_gpu is not None:
        sections['retrieval'].setdefault('backend', 'auto' if use_gpu else 'faiss-cpu')
    if sections.get('preprocessing') == {}:
        del sections['preprocessing']
    return sections


def _pop(sections: dict[str, Any], section: str, name: str) -> Any:
    entries = sections.get(section)
    return entries.pop(name, None) if isinstance(entries, dict) else None
